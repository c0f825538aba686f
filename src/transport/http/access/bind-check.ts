/**
 * Refuses to listen beyond this machine without tokens, unless the configuration explicitly allows it.
 */
import { lookup } from 'node:dns/promises';
import { MemoryMcpError } from '../../../core/errors.ts';
import type { Logger } from '../../../core/logger.ts';
import { isLoopback } from './client-address.ts';

export interface BindCheckDeps {
  readonly host: string;
  readonly hasTokens: boolean;
  readonly allowUnauthenticated: boolean;
  /** Allowed host names. If there are any, a proxy probably forwards requests of other machines. */
  readonly allowedHosts: readonly string[];
  readonly logger: Logger;
  /** Resolves a host to all its addresses. Defaults to the system's resolver. */
  readonly resolveHost?: (host: string) => Promise<readonly string[]>;
}

export async function assertSafeToListen(deps: BindCheckDeps): Promise<void> {
  const { host, hasTokens, allowUnauthenticated, allowedHosts, logger, resolveHost = lookUpAddresses } = deps;
  if (hasTokens) return;
  if (await isLoopbackOnly(() => resolveHost(host))) {
    if (allowedHosts.length === 0 || allowUnauthenticated) return;
    logger.warn(
      `requests for ${allowedHosts.join(', ')} are accepted without tokens: anyone who gets through the proxy can read and write every persona`,
    );
    return;
  }
  if (allowUnauthenticated) {
    logger.warn(`listening on ${host} without tokens: anyone who reaches the port can read and write every persona`);
    return;
  }
  throw new MemoryMcpError(
    'forbidden',
    `Refused to listen on ${host} without tokens: anyone who reaches the port could read and change every memory`,
    {
      hint: `Set one of these, or listen on 127.0.0.1 ("openssl rand -hex 24" generates a token):
  MEMORY_MCP_AUTH_TOKENS='[{"token": "a long random text", "personas": "*"}]'
  MEMORY_MCP_ALLOW_UNAUTHENTICATED=true`,
    },
  );
}

async function lookUpAddresses(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

async function isLoopbackOnly(resolveAddresses: () => Promise<readonly string[]>): Promise<boolean> {
  try {
    const addresses = await resolveAddresses();
    return addresses.length > 0 && addresses.every(isLoopback);
  } catch {
    // The name cannot be resolved. Listening on it will fail with a better message.
    return true;
  }
}
