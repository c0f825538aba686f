#!/bin/sh
# Stores a memory and finds it again from the shell, without a client: `memory-mcp call` runs one operation and prints JSON.
# MEMORY_MCP is the command, by default memory-mcp:
#
#   MEMORY_MCP="node bin/memory-mcp.js" sh examples/remember.sh
set -eu

memory() {
  # The command may be several words.
  # shellcheck disable=SC2086
  ${MEMORY_MCP:-memory-mcp} call "$@"
}

# From standard input, so that no quoting gets in the way.
memory memory_create - <<'JSON'
{"content": "Hana is allergic to strawberries.", "tags": ["family"]}
JSON

memory memory_search '{"query": "What is Hana allergic to?"}'
