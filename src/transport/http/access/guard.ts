/**
 * The guard in front of every route: what it can tell from the head of a request alone, cheapest first and before the
 * body is read. Who is asking comes after it, in `auth.ts`.
 */
import { isJsonContentType } from '@modelcontextprotocol/server';
import { quoteForMessage } from '../../../core/text/visible-text.ts';
import { HttpError } from '../http-error.ts';
import { bodyLimit, bodyTooLarge } from '../request-body.ts';
import type { HostList } from './host-list.ts';

/** More than any client or proxy sends; beyond it a request is refused, since dropping headers could drop the persona. */
const headerLimit = 100;

/** Throws a `RefusedRequest` unless the head of the request is in order. */
export function checkHead(request: Request, hosts: HostList): void {
  if ([...request.headers.keys()].length > headerLimit) {
    throw new HttpError(431, 'invalid_input', `The request has more than ${headerLimit} headers`);
  }
  const host = request.headers.get('host') ?? '';
  checkHost(host, request.url, hosts);
  checkOrigin(request, host, hosts);
  checkBody(request);
}

/** A request target may name a host of its own, which then has to be the same one. */
function checkHost(host: string, url: string, hosts: HostList): void {
  const target = new URL(url).host;
  const agrees = hosts.allows(host) && new URL(`http://${host}`).host === target;
  if (agrees) return;
  const refused = hosts.allows(host) ? target : host;
  throw new HttpError(403, 'forbidden', `Host ${quoteForMessage(refused)} is not allowed here`, {
    hint: 'If this server is meant to be reached under that name, add it to allowed_hosts (MEMORY_MCP_ALLOWED_HOSTS).',
  });
}

function checkOrigin(request: Request, host: string, hosts: HostList): void {
  const origin = request.headers.get('origin');
  if (origin !== null) {
    if (hosts.allowsOrigin(origin, host)) return;
    throw new HttpError(403, 'forbidden', `Origin ${quoteForMessage(origin)} is not allowed here`, {
      hint: 'If that page may use this server, add it to allowed_origins (MEMORY_MCP_ALLOWED_ORIGINS).',
    });
  }
  // Images and scripts of other pages send no Origin, but browsers say where they come from.
  const site = request.headers.get('sec-fetch-site');
  const opensPage = request.headers.get('sec-fetch-mode') === 'navigate' && new URL(request.url).pathname === '/';
  if ((site === 'cross-site' || site === 'same-site') && !opensPage) {
    throw new HttpError(403, 'forbidden', 'A page of another site may not load this', {
      hint: 'Open the address itself, or add the page to allowed_origins (MEMORY_MCP_ALLOWED_ORIGINS).',
    });
  }
}

/** A body has to be JSON, which a form of a foreign page cannot send, and of a size that can be read. */
function checkBody(request: Request): void {
  const { headers } = request;
  const length = headers.get('content-length');
  const hasBody = request.method === 'POST' || (length ?? '0') !== '0' || headers.has('transfer-encoding');
  if (!hasBody) return;
  if (!isJsonContentType(headers.get('content-type'))) {
    throw new HttpError(415, 'invalid_input', 'The body is not announced as JSON', {
      hint: 'Send the header Content-Type: application/json.',
    });
  }
  if (Number(length) > bodyLimit) throw bodyTooLarge();
}
