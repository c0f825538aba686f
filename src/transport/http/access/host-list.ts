/**
 * The host names that this server answers to, and the origins of web pages that may send requests. Protects every route
 * against cross-site requests and DNS rebinding: any web page can make a browser send requests to a local server, also
 * under a name that an attacker points to this machine.
 */
import { isIP } from 'node:net';

export interface HostListDeps {
  /** The address that the server listens on. Allowed as a host name unless it is a wildcard address. */
  readonly boundHost: string;
  /** Host names, with a port to allow only that port. */
  readonly allowedHosts: readonly string[];
  /** Allowed origins besides the server's own, compared exactly. */
  readonly allowedOrigins: readonly string[];
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];
const wildcardAddresses = ['0.0.0.0', '::'];

export function createHostList({ boundHost, allowedHosts, allowedOrigins }: HostListDeps) {
  const own = wildcardAddresses.includes(boundHost) ? [] : [boundHost];
  const entries = [...loopbackNames, ...own, ...allowedHosts].map(addBrackets).map(parseHost);
  const origins = new Set(allowedOrigins.map(normalizeOrigin));
  return {
    /** Whether a Host header, with or without a port, is allowed. False if it is malformed. */
    allows(host: string): boolean {
      const parsed = parseHost(host);
      if (parsed === undefined) return false;
      return entries.some((entry) => entry?.name === parsed.name && (entry.port ?? parsed.port) === parsed.port);
    },
    /** Whether a page with this Origin may send a request with this Host. */
    allowsOrigin: (origin: string, host: string): boolean =>
      origins.has(normalizeOrigin(origin)) || isOwnOrigin(origin, host),
  };
}

export type HostList = ReturnType<typeof createHostList>;

interface ParsedHost {
  readonly name: string;
  readonly port: string | undefined;
}

/** Parses `name`, `name:port`, `[address]` or `[address]:port`. The name is in lower case. */
function parseHost(host: string): ParsedHost | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/?#@\\[\]]+)(?::(\d{1,5}))?$/i.exec(host);
  const [, name, port] = match ?? [];
  return name === undefined ? undefined : { name: name.toLowerCase(), port };
}

/** Adds the brackets of a Host header to an IPv6 address, which settings contain without them. */
function addBrackets(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** Whether the page came from this server. Accepts both schemes, because a proxy may terminate TLS. */
function isOwnOrigin(origin: string, host: string): boolean {
  const scheme = /^(https?):\/\/[^/]+$/i.exec(origin)?.[1];
  if (scheme === undefined || !URL.canParse(origin)) return false;
  const own = `${scheme}://${host}`;
  return URL.canParse(own) && new URL(own).host === new URL(origin).host;
}

function normalizeOrigin(origin: string): string {
  const lower = origin.toLowerCase();
  return /^https?:/.test(lower) && URL.canParse(lower) ? new URL(lower).origin : lower;
}
