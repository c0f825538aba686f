/**
 * Refuses to listen where strangers could come in: beyond this machine only with tokens, or where somebody has said in
 * so many words that it is meant.
 */
import { lookup } from 'node:dns/promises';
import { MemoryMcpError } from '../../../core/errors.ts';
import type { Logger } from '../../../core/logger.ts';
import { isLoopback } from './client-address.ts';

export interface BindCheckDeps {
  readonly host: string;
  readonly hasTokens: boolean;
  readonly allowUnauthenticated: boolean;
  /** Names besides those of this machine: a sign that a proxy lets others in. */
  readonly allowedHosts: readonly string[];
  readonly logger: Logger;
  /** All addresses of a name; the system's own resolver unless given. */
  readonly addressesOf?: (host: string) => Promise<readonly string[]>;
}

export async function assertSafeToListen(parts: BindCheckDeps): Promise<void> {
  const { host, hasTokens, allowUnauthenticated, allowedHosts, logger, addressesOf = resolvedAddresses } = parts;
  if (hasTokens) return;
  if (await reachesThisMachineOnly(() => addressesOf(host))) {
    if (allowedHosts.length === 0 || allowUnauthenticated) return;
    logger.warn(
      `requests for ${allowedHosts.join(', ')} are let in without tokens: everybody whom a proxy lets through reads and writes every persona`,
    );
    return;
  }
  if (allowUnauthenticated) {
    logger.warn(`listening on ${host} without tokens: everybody who reaches the port reads and writes every persona`);
    return;
  }
  throw new MemoryMcpError(
    'forbidden',
    `Refused to listen on ${host} without tokens: everybody who reaches the port could read and change every memory`,
    {
      hint: `Set one of these, or listen on 127.0.0.1 ("openssl rand -hex 24" makes a token):
  MEMORY_MCP_AUTH_TOKENS='[{"token": "a long random text", "personas": "*"}]'
  MEMORY_MCP_ALLOW_UNAUTHENTICATED=true`,
    },
  );
}

async function resolvedAddresses(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

async function reachesThisMachineOnly(find: () => Promise<readonly string[]>): Promise<boolean> {
  try {
    const addresses = await find();
    return addresses.length > 0 && addresses.every(isLoopback);
  } catch {
    // A name that means nothing: listening on it fails by itself, with a better message.
    return true;
  }
}
