/**
 * The guard in front of every route. It checks only the head of a request, before the body is read. Authentication comes
 * afterwards, in `auth.ts`.
 */
import { isJsonContentType } from '@modelcontextprotocol/server';
import { quoteForMessage } from '../../../core/text/visible-text.ts';
import { HttpError } from '../http-error.ts';
import { bodyLimit, bodyTooLarge } from '../request-body.ts';
import type { HostList } from './host-list.ts';

/** More than any client or proxy sends. Node would drop further headers, possibly the one that names the persona. */
const headerLimit = 100;

/** Throws an `HttpError` if the head of the request is not acceptable. */
export function checkHead(request: Request, hosts: HostList): void {
  if ([...request.headers.keys()].length > headerLimit) {
    throw new HttpError(431, 'invalid_input', `The request has more than ${headerLimit} headers`);
  }
  const host = request.headers.get('host') ?? '';
  checkHost(host, request.url, hosts);
  checkOrigin(request, host, hosts);
  checkBody(request);
}

/** An absolute request target contains a host as well, which must be the same. */
function checkHost(host: string, url: string, hosts: HostList): void {
  const target = new URL(url).host;
  const matches = hosts.allows(host) && new URL(`http://${host}`).host === target;
  if (matches) return;
  const refused = hosts.allows(host) ? target : host;
  throw new HttpError(403, 'forbidden', `Host ${quoteForMessage(refused)} is not allowed`, {
    hint: 'To reach this server under that name, add it to allowed_hosts (MEMORY_MCP_ALLOWED_HOSTS).',
  });
}

function checkOrigin(request: Request, host: string, hosts: HostList): void {
  const origin = request.headers.get('origin');
  if (origin !== null) {
    if (hosts.allowsOrigin(origin, host)) return;
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

/** A body must be JSON, which an HTML form of another site cannot send, and must not be too large. */
function checkBody(request: Request): void {
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
