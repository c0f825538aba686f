/**
 * HTTP and HTTPS GET for downloads: supports proxies, redirects, an idle timeout and streaming. Node's fetch supports
 * no proxy before Node 24.
 */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Sent only to the origin of the first URL, because a redirect may lead to another party or to plain http. */
  readonly authorization?: string | undefined;
  /** The proxy for https URLs: an `http://` or `https://` URL that may contain a user name and a password. */
  readonly proxy: string | undefined;
  readonly noProxy: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Idle timeout of the connection in milliseconds. */
  readonly silence?: number;
}

const redirectsFollowed = 5;
const usualSilence = 30_000;

export interface GetResult {
  readonly response: IncomingMessage;
  /** Whether the answered request carried the authorization. False if a redirect left the first origin. */
  readonly authorized: boolean;
}

/** Returns the response after all redirects, with any status. Rejects with the system's error if there is none. */
export async function httpGet(address: string, options: GetOptions): Promise<GetResult> {
  const { origin } = new URL(address);
  let url = new URL(address);
  let sameOrigin = true;
  for (let redirects = 0; redirects <= redirectsFollowed; redirects++) {
    // Once a redirect has left the origin, a redirect back gets no authorization: another party chose its URL.
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

/** Opens a tunnel to the host of `url` through the proxy (RFC 9110, section 9.3.6). */
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

/** Whether NO_PROXY matches the host. Entries are `*`, or a host or domain with optional leading dot and port. */
function isExempt({ hostname, port }: URL, noProxy: readonly string[]): boolean {
  return noProxy.some((entry) => {
    if (entry === '*') return true;
    const [name = '', onlyPort] = entry.replace(/^\*?\./, '').split(':');
    if (onlyPort !== undefined && onlyPort !== (port || '443')) return false;
    return hostname === name.toLowerCase() || hostname.endsWith(`.${name.toLowerCase()}`);
  });
}
