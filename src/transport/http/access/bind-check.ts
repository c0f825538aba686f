/**
 * Decides whether a server needs an access token of its own: other machines can reach it, and the configuration neither
 * has tokens nor explicitly allows requests without them.
 */
import { lookup } from 'node:dns/promises';
import type { Logger } from '../../../core/logger.ts';
import { isLoopback } from './client-address.ts';

export interface ListenDeps {
  readonly host: string;
  readonly hasTokens: boolean;
  readonly allowUnauthenticated: boolean;
  /** Allowed host names. If there are any, a proxy probably forwards requests of other machines. */
  readonly allowedHosts: readonly string[];
  readonly logger: Logger;
  /** Resolves a host to all its addresses. Defaults to the system's resolver. */
  readonly resolveHost?: (host: string) => Promise<readonly string[]>;
}

/** Warns about requests that are accepted without a token although they may come from other machines. */
export async function needsAccessToken(deps: ListenDeps): Promise<boolean> {
  const { host, hasTokens, allowUnauthenticated, allowedHosts, logger, resolveHost = lookUpAddresses } = deps;
  if (hasTokens) return false;
  if (await isLoopbackOnly(() => resolveHost(host))) {
    if (allowedHosts.length === 0 || allowUnauthenticated) return false;
    logger.warn(
      `requests for ${allowedHosts.join(', ')} are accepted without tokens: anyone who gets through the proxy can read and write every persona`,
    );
    return false;
  }
  if (!allowUnauthenticated) return true;
  logger.warn(`listening on ${host} without tokens: anyone who reaches the port can read and write every persona`);
  return false;
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
