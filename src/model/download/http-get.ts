/**
 * GET over http and https the way downloads need it: through a proxy, with redirects, with a limit on silence, and as
 * a stream. Node's own fetch knows no proxy before Node 24.
 */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Sent to the origin of the first address alone: a redirect may lead to a stranger, or into clear text. */
  readonly authorization?: string | undefined;
  /** For https addresses; `http://` or `https://`, may hold a name and a password. */
  readonly proxy: string | undefined;
  readonly noProxy: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte after which the connection counts as dead. */
  readonly silence?: number;
}

const redirectsFollowed = 5;
const usualSilence = 30_000;

export interface GetResult {
  readonly response: IncomingMessage;
  /** Whether the request that was answered had the authorization: false where a redirect left the first origin. */
  readonly authorized: boolean;
}

/** The answer after all redirects, whatever its status. Rejects with the system's error where none comes. */
export async function httpGet(address: string, options: GetOptions): Promise<GetResult> {
  const { origin } = new URL(address);
  let url = new URL(address);
  let sameOrigin = true;
  for (let redirects = 0; redirects <= redirectsFollowed; redirects++) {
    // Scheme, host and port. A redirect that comes back from elsewhere was chosen by that stranger, so it stays without.
    sameOrigin &&= url.origin === origin;
    const authorization = sameOrigin ? options.authorization : undefined;
    const response = await getOnce(url, options, authorization);
    const { statusCode = 0, headers } = response;
    if (statusCode < 300 || statusCode >= 400 || headers.location === undefined)
      return { response, authorized: authorization !== undefined };
    response.resume();
    url = new URL(headers.location, url);
  }
  throw new Error(`more than ${redirectsFollowed} redirects`);
}

async function getOnce(url: URL, options: GetOptions, authorization: string | undefined): Promise<IncomingMessage> {
  const { proxy, noProxy, signal, silence = usualSilence } = options;
  const secure = url.protocol === 'https:';
  const through = secure && proxy !== undefined && !isExempt(url, noProxy) ? new URL(proxy) : undefined;
  const tunnel = through === undefined ? undefined : await openTunnel(url, through, signal, silence);
  const headers = { ...options.headers, ...(authorization === undefined ? {} : { authorization }) };
  const request: RequestOptions = {
    headers,
    timeout: silence,
    ...(signal === undefined ? {} : { signal }),
    ...(tunnel === undefined
      ? {}
      : { createConnection: () => connectTls({ socket: tunnel, servername: url.hostname }) }),
  };
  return await sent((secure ? httpsRequest : httpRequest)(url, request), silence);
}

/** A connection to the host of `url` through the proxy (RFC 9110, section 9.3.6). */
async function openTunnel(url: URL, proxy: URL, signal: AbortSignal | undefined, silence: number): Promise<Duplex> {
  const target = `${url.hostname}:${url.port || '443'}`;
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const request = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
    host: proxy.hostname,
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: target,
    headers: {
      host: target,
      ...(login === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }),
    },
    timeout: silence,
    ...(signal === undefined ? {} : { signal }),
  });
  return await new Promise((resolve, reject) => {
    request.on('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`the proxy ${proxy.host} refused the connection to ${target} (${statusCode})`));
    });
    request.on('timeout', () => request.destroy(new Error(`the proxy ${proxy.host} does not answer`)));
    request.on('error', reject).end();
  });
}

function sent(request: ReturnType<typeof httpRequest>, silence: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', (response) => {
      response.setTimeout(silence, () => response.destroy(new Error(`nothing came for ${silence / 1000} s`)));
      resolve(response);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer for ${silence / 1000} s`)));
    request.on('error', reject).end();
  });
}

/** Whether NO_PROXY names the host: `*`, a name or a domain with or without its leading dot, perhaps with a port. */
function isExempt({ hostname, port }: URL, noProxy: readonly string[]): boolean {
  return noProxy.some((entry) => {
    if (entry === '*') return true;
    const [name = '', onlyPort] = entry.replace(/^\*?\./, '').split(':');
    if (onlyPort !== undefined && onlyPort !== (port || '443')) return false;
    return hostname === name.toLowerCase() || hostname.endsWith(`.${name.toLowerCase()}`);
  });
}
