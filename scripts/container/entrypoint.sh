#!/bin/sh
# `memory-mcp` in the container, for the server and for `docker exec`. Started by root, it gives /data to the user of the
# server and continues as that user: folders that Docker or an earlier image made belong to root. Started by anybody
# else, or without the capability to change the user, it only starts the program, which says what it cannot write.
set -eu

config=/config/config.json
if [ -z "${MEMORY_MCP_CONFIG_PATH:-}" ] && [ -e "$config" ]; then export MEMORY_MCP_CONFIG_PATH="$config"; fi

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
  find /data \( ! -uid "$user" -o ! -gid "$group" \) -exec chown -h "$user:$group" {} + 2>/dev/null || true
  export HOME=/home/node
  exec $as_user "$@"
fi
exec "$@"
