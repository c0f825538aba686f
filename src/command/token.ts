/**
 * `token`: shows the access token that a server made for itself, or replaces it.
 */
import { type ConfigurationFlags, loadConfiguration } from '../config/load.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { readAccessToken, replaceAccessToken } from '../transport/http/access/access-token.ts';
import { printData, printJson, printNotice } from './output.ts';

export interface TokenFlags extends Pick<ConfigurationFlags, 'config'> {
  readonly new?: boolean | undefined;
  readonly json?: boolean | undefined;
}

export async function showToken(flags: TokenFlags): Promise<void> {
  const { paths, configuration, warnings } = await loadConfiguration({ flags });
  for (const warning of warnings) printNotice(warning);
  const file = paths.accessToken;
  const token = flags.new === true ? await replaceAccessToken(file) : readAccessToken(file);
  if (token === undefined) {
    throw new MemoryMcpError('not_found', `There is no access token in ${paths.data}`, {
      hint: 'A server makes one when it first listens beyond this machine without auth_tokens. "memory-mcp token --new" makes one now. A server that could not keep its token has shown it at its start.',
    });
  }
  if (configuration.auth_tokens.length > 0) {
    printNotice('This token opens nothing while auth_tokens are configured: send one of those.');
  }
  if (flags.json === true) printJson({ token });
  else printData(token);
}
