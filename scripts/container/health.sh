#!/bin/sh
# Whether the server in this container answers, on the port that entrypoint.sh gives it.
port=$MEMORY_MCP_SERVER_PORT
if [ "$port" = 26262 ]; then port=${NOUS_SERVER__PORT:-26262}; fi
exec node -e "fetch('http://127.0.0.1:$port/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"
