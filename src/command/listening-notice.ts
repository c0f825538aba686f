/**
 * What `serve --http` says once it listens: a line for logs, and for a person in a terminal what to paste where.
 */
export interface ListeningDeps {
  /** The address that the socket has. */
  readonly host: string;
  readonly port: number;
  readonly withTokens: boolean;
}

export function listeningNotice({ host, port, withTokens }: ListeningDeps): { line: string; terminal: string } {
  const url = `http://${reachableHost(host)}:${port}`;
  const header = withTokens ? '"Authorization: Bearer <token>"' : '"X-Persona: <name>"';
  return {
    line: `listening on ${url}/mcp`,
    terminal: `memory-mcp listens on ${url}
  Claude Code:     claude mcp add --transport http memory ${url}/mcp --header ${header}
  Other clients:   {"type": "http", "url": "${url}/mcp"}
  Programs:        ${url}/api/<operation>, ${url}/health, ${url}/metrics
Press Ctrl+C to end.
`,
  };
}

/** An address that a client on this machine can use: "every address" is none. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
