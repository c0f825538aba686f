/**
 * The messages of `serve --http` once it is listening: one line for logs, instructions for a user at a terminal, and a
 * new access token with the lines to paste into clients.
 */
import type { AccessToken } from '../transport/http/access/access-token.ts';

export interface ListeningDeps {
  /** The actual address of the socket. */
  readonly host: string;
  readonly port: number;
  readonly withTokens: boolean;
  readonly accessToken?: AccessToken | undefined;
  /** What its user types to see the token. */
  readonly tokenCommand: string;
}

export interface ListeningNotice {
  readonly line: string;
  readonly terminal: string;
  /** Present if there is an access token that nobody has seen yet. Belongs on standard error, and in no log file. */
  readonly accessToken: string | undefined;
}

export function renderListeningNotice({
  host,
  port,
  withTokens,
  accessToken,
  tokenCommand,
}: ListeningDeps): ListeningNotice {
  const url = `http://${toReachableHost(host)}:${port}`;
  const wantsToken = withTokens || accessToken !== undefined;
  const header = wantsToken ? 'Authorization: Bearer <token>' : 'X-Persona: <name>';
  const isKnown = accessToken?.isNew === false;
  const where = isKnown ? `; every request needs the access token, which "${tokenCommand}" shows` : '';
  return {
    line: `listening on ${url}/mcp${where}`,
    terminal: `memory-mcp is listening on ${url}
  Claude Code:     ${renderClaudeCommand(url, header)}
  Other clients:   {"type": "http", "url": "${url}/mcp"}
  Programs:        ${url}/api/<operation>, ${url}/health, ${url}/metrics
${isKnown ? `Every request needs the access token, which "${tokenCommand}" shows.\n` : ''}Press Ctrl+C to stop.
`,
    accessToken: accessToken?.isNew === true ? renderAccessToken(url, accessToken, tokenCommand) : undefined,
  };
}

function renderAccessToken(url: string, { current, notKept }: AccessToken, tokenCommand: string): string {
  const authorization = `Bearer ${current()}`;
  const entry = { type: 'http', url: `${url}/mcp`, headers: { Authorization: authorization } };
  const fate =
    notKept === undefined
      ? `It is shown this once. "${tokenCommand}" shows it again, "${tokenCommand} --new" replaces it.`
      : `It is valid until the server ends, because it could not be kept: ${notKept}`;
  return `Other machines can reach this server, and no auth_tokens are configured: it made itself an access token, which every request needs.
  Claude Code:     ${renderClaudeCommand(url, `Authorization: ${authorization}`)}
  Other clients:   ${JSON.stringify(entry)}
A persona is chosen with the header X-Persona. ${fate}
`;
}

function renderClaudeCommand(url: string, header: string): string {
  return `claude mcp add --transport http memory ${url}/mcp --header "${header}"`;
}

/** The host for a URL on this machine: `localhost` for a wildcard address. */
function toReachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
