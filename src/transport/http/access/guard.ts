/**
 * The guard in front of every route. It checks only the head of a request, before the body is read, and throws an
 * `HttpError` for what is not acceptable. Authentication comes afterwards, in `auth.ts`.
 */
import { isJsonContentType } from '@modelcontextprotocol/server';
import { quoteForMessage } from '../../../core/text/visible-text.ts';
import { HttpError } from '../http-error.ts';
import { bodyLimit, bodyTooLarge } from '../request-body.ts';
import type { HostList } from './host-list.ts';

/** More than any client or proxy sends. Node would drop further headers, possibly the one that names the persona. */
const headerLimit = 100;

export function checkHeaders(request: Request): void {
  if ([...request.headers.keys()].length > headerLimit) {
    throw new HttpError(431, 'invalid_input', `The request has more than ${headerLimit} headers`);
  }
}

/** Whether a browser asks if a page of another origin may send a request. It never contains a token. */
export function isPreflight({ method, headers }: Request): boolean {
  return method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method');
}

/**
 * Refuses a name that a web page may have given to this machine (DNS rebinding). Unnecessary if a request needs a token,
 * which such a page does not know. An absolute request target contains a host as well, which must be the same.
 */
export function checkHost(request: Request, hosts: HostList): void {
  const host = hostOf(request);
  const target = new URL(request.url).host;
  const matches = hosts.allows(host) && new URL(`http://${host}`).host === target;
  if (matches) return;
  const refused = hosts.allows(host) ? target : host;
  throw new HttpError(403, 'forbidden', `Host ${quoteForMessage(refused)} is not allowed`, {
    hint: 'To reach this server under that name, as another machine or container does, add it to allowed_hosts (MEMORY_MCP_ALLOWED_HOSTS).',
  });
}

/**
 * Refuses a request that a web page of another site may have sent. Necessary with tokens as well: a proxy may add the token
 * to everything that passes through it.
 */
export function checkOrigin(request: Request, hosts: HostList): void {
  const origin = request.headers.get('origin');
  if (origin !== null) {
    if (hosts.allowsOrigin(origin, hostOf(request))) return;
    throw new HttpError(403, 'forbidden', `Origin ${quoteForMessage(origin)} is not allowed`, {
      hint: 'To let that page use this server, add it to allowed_origins (MEMORY_MCP_ALLOWED_ORIGINS).',
    });
  }
  // Requests for images and scripts have no Origin, but browsers send Sec-Fetch-Site.
  const site = request.headers.get('sec-fetch-site');
  const opensPage = request.headers.get('sec-fetch-mode') === 'navigate' && new URL(request.url).pathname === '/';
  if ((site === 'cross-site' || site === 'same-site') && !opensPage) {
    throw new HttpError(403, 'forbidden', 'Pages of other sites cannot load this', {
      hint: 'Open the address directly, or add the page to allowed_origins (MEMORY_MCP_ALLOWED_ORIGINS).',
    });
  }
}

function hostOf(request: Request): string {
  return request.headers.get('host') ?? '';
}

/** A body must be JSON, which an HTML form of another site cannot send, and must not be too large. */
export function checkBody(request: Request): void {
  const { headers } = request;
  const length = headers.get('content-length');
  const hasBody = request.method === 'POST' || (length ?? '0') !== '0' || headers.has('transfer-encoding');
  if (!hasBody) return;
  if (!isJsonContentType(headers.get('content-type'))) {
    throw new HttpError(415, 'invalid_input', 'The content type of the body is not JSON', {
      hint: 'Send the header Content-Type: application/json.',
    });
  }
  if (Number(length) > bodyLimit) throw bodyTooLarge();
}
