"""Converts the tools of an MCP server as one Python library does it for its models.

Usage: convert-schemas.py LIBRARY < tools.json. Prints one line for each tool that the library cannot convert.
Ends with 3 if the library is not installed.
"""

import copy
import json
import sys
import types


def openai_agents():
    from agents.strict_schema import ensure_strict_json_schema

    return lambda tool: ensure_strict_json_schema(copy.deepcopy(tool["inputSchema"]))


def google_genai():
    from google.genai._mcp_utils import mcp_to_gemini_tool

    return lambda tool: mcp_to_gemini_tool(
        types.SimpleNamespace(
            name=tool["name"], description=tool["description"], inputSchema=tool["inputSchema"]
        )
    )


def google_adk():
    from google.adk.tools._gemini_schema_util import _to_gemini_schema

    return lambda tool: _to_gemini_schema(copy.deepcopy(tool["inputSchema"]))


def pydantic_ai():
    from pydantic_ai.profiles.google import GoogleJsonSchemaTransformer
    from pydantic_ai.profiles.openai import OpenAIJsonSchemaTransformer

    def convert(tool):
        OpenAIJsonSchemaTransformer(copy.deepcopy(tool["inputSchema"]), strict=True).walk()
        GoogleJsonSchemaTransformer(copy.deepcopy(tool["inputSchema"])).walk()

    return convert


def main():
    try:
        convert = {
            "openai-agents": openai_agents,
            "google-genai": google_genai,
            "google-adk": google_adk,
            "pydantic-ai": pydantic_ai,
        }[sys.argv[1]]()
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(3)
    for tool in json.load(sys.stdin):
        try:
            convert(tool)
        except Exception as error:
            print(f"{tool['name']}: {type(error).__name__}: {error}")


main()
