/**
 * Middleware for every request: security headers, CORS headers for allowed origins, metrics, and a log entry for refused
 * requests.
 */
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Clock } from '../../core/clock.ts';
import type { InFlight } from '../../core/in-flight.ts';
import type { CallLog } from '../call-log.ts';
import { findClientAddress, formatPeerAddress } from './access/client-address.ts';
import { createRateLimit } from './access/rate-limit.ts';
import { HttpError } from './http-error.ts';
import type { Metrics } from './metrics.ts';
import type { HttpEnvironment } from './request-context.ts';

export interface ResponseHeadersDeps {
  readonly metrics: Metrics;
  readonly log: CallLog;
  readonly clock: Clock;
  readonly inFlight: InFlight;
  /** True during shutdown, when connections are closed after their reply. */
  readonly draining: () => boolean;
  readonly allowsOrigin: (origin: string, host: string) => boolean;
}

const replyHeaders = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

const corsHeaders = {
  'Access-Control-Allow-Methods': 'GET, POST',
  'Access-Control-Allow-Headers':
    'Authorization, Content-Type, Accept, X-Persona, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, Last-Event-ID',
  'Access-Control-Expose-Headers': 'MCP-Protocol-Version, Mcp-Session-Id, WWW-Authenticate, Retry-After',
  'Access-Control-Max-Age': '600',
};

/** Maximum log entries for refused requests per second and peer. */
const refusalsPerSecond = 5;

export function addResponseHeaders({
  metrics,
  log,
  clock,
  inFlight,
  draining,
  allowsOrigin,
}: ResponseHeadersDeps): MiddlewareHandler<HttpEnvironment> {
  const refusals = createRateLimit({ perSecond: () => refusalsPerSecond, clock });

  function recordRefusal(c: Context<HttpEnvironment>, error: HttpError, route: string): void {
    const address = c.var.address;
    if (![401, 403, 429].includes(error.status) || refusals.take(c.var.peer) > 0) return;
    const token = c.var.requestContext?.principal.label;
    const { method } = c.req;
    log.record({ event: 'refused', method, route, status: error.status, token, address, reason: error.message });
  }

  return async (c, next) => {
    const started = clock.monotonic();
    const peer = formatPeerAddress(c.env?.incoming?.socket.remoteAddress);
    c.set('peer', peer);
    c.set('address', findClientAddress(peer, c.req.raw.headers));
    await inFlight.track(next());

    for (const [name, value] of Object.entries(replyHeaders)) if (!c.res.headers.has(name)) c.header(name, value);
    const origin = c.req.header('origin');
    if (origin !== undefined && allowsOrigin(origin, c.req.header('host') ?? '')) {
      for (const [name, value] of Object.entries(corsHeaders)) c.header(name, value);
      c.header('Access-Control-Allow-Origin', origin);
      c.header('Vary', 'Origin', { append: true });
    }
    // The SDK asks for it on streams. Whether a connection stays open is what the client and Node agree on.
    if (c.res.headers.get('connection') === 'keep-alive') c.header('Connection', undefined);
    if (draining()) c.header('Connection', 'close');

    const route = matchedRoutes(c).findLast(({ path }) => !path.endsWith('*'))?.path ?? 'other';
    metrics.recordRequest({ route, status: c.res.status }, (clock.monotonic() - started) / 1_000);
    if (c.error instanceof HttpError) recordRefusal(c, c.error, route);
  };
}
