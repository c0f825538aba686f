/**
 * Which names this server answers to, and from which web pages it takes requests. A browser can be made to send
 * requests to a local server by any page, under any name that an attacker lets point to this machine; both are stopped
 * here, whatever the route.
 */
import { isIP } from 'node:net';

export interface HostListDeps {
  /** The address that the server listens on; a name of its own unless it stands for every address. */
  readonly boundHost: string;
  /** Names, with a port where only that port is meant. */
  readonly allowedHosts: readonly string[];
  /** Origins besides the own one, compared exactly. */
  readonly allowedOrigins: readonly string[];
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];
const everyAddress = ['0.0.0.0', '::'];

export function createHostList({ boundHost, allowedHosts, allowedOrigins }: HostListDeps) {
  const own = everyAddress.includes(boundHost) ? [] : [boundHost];
  const entries = [...loopbackNames, ...own, ...allowedHosts].map(bracketed).map(parseHost);
  const origins = new Set(allowedOrigins.map(normalOrigin));
  return {
    /** Whether a Host header, with or without a port, is one of the names. Anything malformed is none. */
    allows(host: string): boolean {
      const given = parseHost(host);
      if (given === undefined) return false;
      return entries.some((entry) => entry?.name === given.name && (entry.port ?? given.port) === given.port);
    },
    /** Whether a page with this Origin may send a request that carried this Host. */
    allowsOrigin: (origin: string, host: string): boolean =>
      origins.has(normalOrigin(origin)) || isOwnOrigin(origin, host),
  };
}

export type HostList = ReturnType<typeof createHostList>;

interface ParsedHost {
  readonly name: string;
  readonly port: string | undefined;
}

/** `name`, `name:port`, `[address]` or `[address]:port`, in lower case. */
function parseHost(host: string): ParsedHost | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/?#@\\[\]]+)(?::(\d{1,5}))?$/i.exec(host);
  const [, name, port] = match ?? [];
  return name === undefined ? undefined : { name: name.toLowerCase(), port };
}

/** A bare IPv6 address, as people write it in a setting, the way a Host header writes it. */
function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** The page came from this server. A proxy may have ended TLS in front of it, so either scheme is the own one. */
function isOwnOrigin(origin: string, host: string): boolean {
  const scheme = /^(https?):\/\/[^/]+$/i.exec(origin)?.[1];
  if (scheme === undefined || !URL.canParse(origin)) return false;
  const own = `${scheme}://${host}`;
  return URL.canParse(own) && new URL(own).host === new URL(origin).host;
}

function normalOrigin(origin: string): string {
  const lower = origin.toLowerCase();
  return /^https?:/.test(lower) && URL.canParse(lower) ? new URL(lower).origin : lower;
}
