"""Gives an agent of the OpenAI Agents SDK its memory (pip install openai-agents).

The model here is a stand-in that makes two tool calls, so no key is needed. With a real one, leave `model` out of
`Agent(...)`. The arguments are the command that starts the server, by default `memory-mcp serve --stdio`:

    python3 examples/openai_agents.py node bin/memory-mcp.js serve --stdio
"""

import asyncio
import json
import os
import sys

from agents import Agent, Model, ModelResponse, Runner, Usage, set_tracing_disabled
from agents.mcp import MCPServerStdio
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

command, *args = sys.argv[1:] or ["memory-mcp", "serve", "--stdio"]


class StandIn(Model):
    """Stores what it is told, searches for it, and answers with what it has found."""

    calls = [
        ("memory_create", {"content": "Hana is allergic to strawberries."}),
        ("memory_search", {"query": "What is Hana allergic to?"}),
    ]

    def __init__(self) -> None:
        self.turn = 0

    async def get_response(self, system_instructions, input, *rest, **more) -> ModelResponse:
        turn, self.turn = self.turn, self.turn + 1
        if turn < len(self.calls):
            name, arguments = self.calls[turn]
            output = ResponseFunctionToolCall(
                type="function_call", call_id=f"call_{turn}", name=name, arguments=json.dumps(arguments)
            )
        else:
            answer = ResponseOutputText(type="output_text", text=str(input[-1]["output"]), annotations=[])
            output = ResponseOutputMessage(
                id="answer", type="message", role="assistant", status="completed", content=[answer]
            )
        return ModelResponse(output=[output], usage=Usage(), response_id=None)

    async def stream_response(self, *args, **more):
        raise NotImplementedError("this example does not stream")


async def main() -> None:
    set_tracing_disabled(True)
    parameters = {"command": command, "args": args, "env": dict(os.environ)}
    async with MCPServerStdio(params=parameters, cache_tools_list=True) as memory:
        agent = Agent(
            name="Assistant",
            instructions="Use your memory: store what the user tells you, search before you answer.",
            mcp_servers=[memory],
            model=StandIn(),
        )
        result = await Runner.run(agent, "Hana is allergic to strawberries. What may she not eat?")
        print("found:", result.final_output)


asyncio.run(main())
