#!/bin/sh
# `memory-mcp` in the container, for the server and for `docker exec`. Started by root, it gives the data folder to the user of the
# server and continues as that user: folders that Docker or an earlier image made belong to root. Started by anybody
# else, or without the capability to change the user, it only starts the program, which says what it cannot write.
set -eu

config=/config/config.json
if [ -z "${MEMORY_MCP_CONFIG_PATH:-}" ] && [ -e "$config" ]; then export MEMORY_MCP_CONFIG_PATH="$config"; fi

# The image sets these two itself, which must not hide what a compose file of the original's last version says.
case "$MEMORY_MCP_DATA_DIR ${NOUS_DATA_ROOT:-}" in "/data "/*) export MEMORY_MCP_DATA_DIR="$NOUS_DATA_ROOT" ;; esac
case "$MEMORY_MCP_SERVER_PORT ${NOUS_SERVER__PORT:-}" in "26262 "[0-9]*) export MEMORY_MCP_SERVER_PORT="$NOUS_SERVER__PORT" ;; esac

user=${PUID:-1000} group=${PGID:-1000}
case "$user$group" in
  *[!0-9]*) echo "memory-mcp: PUID and PGID must be numbers, such as those that \"id\" shows" >&2; exit 2 ;;
esac

set -- node /app/bin/memory-mcp.js "$@"
# The first process of a container gets an init, unless --init has provided one.
if [ $$ = 1 ]; then set -- tini -- "$@"; fi

as_user="setpriv --reuid=$user --regid=$group --clear-groups"
if [ "$(id -u)" = 0 ] && [ "$user" != 0 ] && $as_user true 2>/dev/null; then
  # Fails on read-only mounts and on file systems without owners, where nothing has to be done or nothing can be.
  find "${MEMORY_MCP_DATA_DIR:-/data}" \( ! -uid "$user" -o ! -gid "$group" \) -exec chown -h "$user:$group" {} + 2>/dev/null || true
  export HOME=/home/node
  exec $as_user "$@"
fi
exec "$@"
