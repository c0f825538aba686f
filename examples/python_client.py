"""Stores a memory and finds it again with the official Python client (pip install mcp).

The arguments are the command that starts the server, by default `memory-mcp serve --stdio`:

    python3 examples/python_client.py node bin/memory-mcp.js serve --stdio
"""

import asyncio
import os
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

command, *args = sys.argv[1:] or ["memory-mcp", "serve", "--stdio"]


async def main() -> None:
    server = StdioServerParameters(command=command, args=args, env=dict(os.environ))
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        stored = await session.call_tool("memory_create", {"content": "Hana is allergic to strawberries."})
        print("stored:", stored.content[0].text)
        found = await session.call_tool("memory_search", {"query": "What is Hana allergic to?"})
        print("found:", found.content[0].text)


asyncio.run(main())
