"""Drives the server with one Python client: handshake, list, create, search. Prints what each step gave, as JSON."""

import asyncio
import json
import sys
from importlib.metadata import version

which, command, *arguments = sys.argv[1:]
STORED = "Hana is allergic to strawberries"
done = {}


def text_of(result):
    """The text of a result, in whatever the client wraps it."""
    if isinstance(result, str):
        return result
    if isinstance(result, dict):
        return json.dumps(result)
    if isinstance(result, (list, tuple)):
        return " ".join(text_of(part) for part in result)
    for name in ("content", "text", "data"):
        if getattr(result, name, None) is not None:
            return text_of(getattr(result, name))
    return str(result)


async def use(names, call):
    """The steps that all clients have in common, once they are connected."""
    done["handshake"] = "ok"
    done["list"] = f"{len(await names())} tools"
    created = text_of(await call("memory_create", {"content": STORED}))
    done["create"] = "ok" if "memory_" in created else created[:100]
    found = text_of(await call("memory_search", {"query": "strawberries"}))
    done["search"] = "ok" if STORED in found else found[:100]


async def mcp_sdk():
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    parameters = StdioServerParameters(command=command, args=arguments, env=None)
    async with stdio_client(parameters) as (read, write), ClientSession(read, write) as session:
        await session.initialize()

        async def names():
            return (await session.list_tools()).tools

        await use(names, session.call_tool)


async def fastmcp():
    from fastmcp import Client
    from fastmcp.client.transports import StdioTransport

    async with Client(StdioTransport(command=command, args=arguments)) as client:
        await use(client.list_tools, client.call_tool)


async def langchain():
    from langchain_mcp_adapters.client import MultiServerMCPClient
    from langchain_mcp_adapters.tools import load_mcp_tools

    client = MultiServerMCPClient({"memory": {"transport": "stdio", "command": command, "args": arguments}})
    async with client.session("memory") as session:
        tools = {tool.name: tool for tool in await load_mcp_tools(session)}

        async def names():
            return list(tools)

        async def call(name, given):
            return await tools[name].ainvoke(given)

        await use(names, call)


async def openai_agents():
    from agents.mcp import MCPServerStdio

    async with MCPServerStdio(params={"command": command, "args": arguments}, client_session_timeout_seconds=60) as server:
        await use(server.list_tools, server.call_tool)


async def pydantic_ai():
    from fastmcp.client.transports import StdioTransport
    from pydantic_ai.mcp import MCPToolset

    async with MCPToolset(StdioTransport(command=command, args=arguments)) as toolset:
        await use(toolset.list_tools, toolset.direct_call_tool)


clients = {
    "mcp": mcp_sdk,
    "fastmcp": fastmcp,
    "langchain-mcp-adapters": langchain,
    "openai-agents": openai_agents,
    "pydantic-ai-slim": pydantic_ai,
}

try:
    asyncio.run(asyncio.wait_for(clients[which](), 120))
except BaseException as error:  # A client may fail in any way; the table says how.
    while isinstance(getattr(error, "exceptions", None), tuple):
        error = error.exceptions[0]
    done["problem"] = f"{type(error).__name__}: {error}"[:160]
print(json.dumps({"version": version(which), **done}))
