/**
 * The HTTP server: the socket, limits against slow or hostile clients, and an orderly shutdown. The routes are in
 * `app.ts`.
 */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Clock } from '../../core/clock.ts';
import { codeOf, MemoryMcpError, reasonOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { withinTime } from '../../core/time/within-time.ts';
import { shutdownLimits } from '../shutdown.ts';
import { createRateLimit } from './access/rate-limit.ts';
import type { HttpApp } from './app.ts';

export interface HttpServerDeps {
  readonly app: HttpApp;
  readonly host: string;
  /** 0 means any free port. */
  readonly port: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<HttpLimits>;
}

export interface HttpLimits {
  /** Time limit for receiving all headers of a request. */
  readonly headersMilliseconds: number;
  /** Time limit for receiving the whole request. */
  readonly requestMilliseconds: number;
  /** How often both limits are checked. */
  readonly checkMilliseconds: number;
  /** Time limit without data in either direction. Streams send something every 15 seconds. */
  readonly silentMilliseconds: number;
  readonly connections: number;
}

const defaultLimits: HttpLimits = {
  headersMilliseconds: 10_000,
  requestMilliseconds: 30_000,
  checkMilliseconds: 2_000,
  silentMilliseconds: 600_000,
  connections: 1_000,
};

export interface HttpServer {
  readonly host: string;
  readonly port: number;
  connections(): number;
  /** Accepts no more requests, finishes running ones and closes all connections. */
  close(): Promise<void>;
}

/** Starts listening. Throws an error with a hint if that fails. */
export async function serveHttp({ app, host, port, clock, logger, limits = {} }: HttpServerDeps): Promise<HttpServer> {
  const { connections, silentMilliseconds, ...times } = { ...defaultLimits, ...limits };
  const listener = getRequestListener((request, env) => app.hono.fetch(request, env), {
    overrideGlobalObjects: false,
    errorHandler: refuseInvalidRequest,
  });
  const server = createServer(
    {
      headersTimeout: times.headersMilliseconds,
      requestTimeout: times.requestMilliseconds,
      connectionsCheckingInterval: times.checkMilliseconds,
      maxHeaderSize: 16 * 1024,
    },
    (incoming, outgoing) => {
      listener(incoming, outgoing).catch((error: unknown) => {
        logger.error('could not send a reply', { reason: reasonOf(error) });
        outgoing.destroy();
      });
    },
  );
  // No limit here, because Node would silently drop headers, possibly the one that names the persona. The guard counts.
  server.maxHeadersCount = 0;
  server.maxConnections = connections;
  server.timeout = silentMilliseconds;
  let open = 0;
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
  });
  const warnings = createRateLimit({ perSecond: () => 1 / 60, clock });
  server.on('drop', () => {
    server.closeIdleConnections();
    if (warnings.take('drop') === 0)
      logger.warn(`the limit of ${connections} connections is reached; new ones are refused`);
  });
  await listen(server, host, port);
  server.on('error', (error) => logger.error('the HTTP server failed', { reason: reasonOf(error) }));
  const address = server.address() as AddressInfo; // a server that listens on a port has one
  return { host: address.address, port: address.port, connections: () => open, close: () => close(server, app) };
}

/** Replies to a request that cannot be passed to the application, because its target or Host header is invalid. */
function refuseInvalidRequest(error: unknown): Response {
  const message = `The request is invalid (${reasonOf(error)})`;
  return Response.json({ error: { code: 'invalid_input', message } }, { status: 400 });
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(explainListenError(error, host, port));
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function explainListenError(cause: Error, host: string, port: number): MemoryMcpError {
  const place = `${host}:${port}`;
  switch (codeOf(cause)) {
    case 'EADDRINUSE':
      return new MemoryMcpError('backend_unavailable', `Port ${port} on ${host} is already in use`, {
        hint: `Another program is listening there, perhaps another memory-mcp. Stop it, or choose another port with --port or MEMORY_MCP_SERVER_PORT.`,
        cause,
      });
    case 'EACCES':
      return new MemoryMcpError('backend_unavailable', `This user is not permitted to listen on ${place}`, {
        hint: 'Choose a port above 1023 with --port or MEMORY_MCP_SERVER_PORT.',
        cause,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new MemoryMcpError('invalid_input', `${host} is not an address of this machine`, {
        hint: 'Set --host or MEMORY_MCP_SERVER_HOST to an address of this machine. 127.0.0.1 accepts only local clients.',
        cause,
      });
    default:
      return new MemoryMcpError('backend_unavailable', `Listening on ${place} failed: ${reasonOf(cause)}`, { cause });
  }
}

async function close(server: Server, app: HttpApp): Promise<void> {
  let closed = false;
  const whenClosed = new Promise<void>((resolve) => server.close(() => resolve())).then(() => {
    closed = true;
  });
  server.closeIdleConnections();
  await app.drain(shutdownLimits.httpCalls);
  // The last replies may still be in transit. A connection becomes idle when its reply has been sent.
  for (let waited = 0; !closed && waited < shutdownLimits.httpConnections; waited += 10) {
    server.closeIdleConnections();
    await withinTime(whenClosed, 10);
  }
  server.closeAllConnections();
  await whenClosed;
}
