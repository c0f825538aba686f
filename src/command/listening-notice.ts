/**
 * The message of `serve --http` once it is listening: one line for logs, and instructions for a user at a terminal.
 */
export interface ListeningDeps {
  /** The actual address of the socket. */
  readonly host: string;
  readonly port: number;
  readonly withTokens: boolean;
}

export function renderListeningNotice({ host, port, withTokens }: ListeningDeps): { line: string; terminal: string } {
  const url = `http://${toReachableHost(host)}:${port}`;
  const header = withTokens ? '"Authorization: Bearer <token>"' : '"X-Persona: <name>"';
  return {
    line: `listening on ${url}/mcp`,
    terminal: `memory-mcp is listening on ${url}
  Claude Code:     claude mcp add --transport http memory ${url}/mcp --header ${header}
  Other clients:   {"type": "http", "url": "${url}/mcp"}
  Programs:        ${url}/api/<operation>, ${url}/health, ${url}/metrics
Press Ctrl+C to stop.
`,
  };
}

/** The host for a URL on this machine: `localhost` for a wildcard address. */
function toReachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
