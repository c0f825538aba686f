/**
 * The HTTP server itself: the socket, the limits that keep one slow or hostile client from stopping the others, and an
 * orderly end. What is served is `app.ts`'s business.
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
  /** 0 = any free one. */
  readonly port: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<HttpLimits>;
}

export interface HttpLimits {
  /** Until the last header of a request has arrived. */
  readonly headersMilliseconds: number;
  /** Until the last byte of its body has arrived. */
  readonly requestMilliseconds: number;
  /** How often both are looked at. */
  readonly checkMilliseconds: number;
  /** Without a byte in either direction; streams send one every 15 seconds. */
  readonly silentMilliseconds: number;
  readonly connections: number;
}

const usualLimits: HttpLimits = {
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
  /** Takes no more requests, answers what is owed, closes every connection. */
  close(): Promise<void>;
}

/** Listens, or says why it cannot. */
export async function serveHttp({ app, host, port, clock, logger, limits = {} }: HttpServerDeps): Promise<HttpServer> {
  const { connections, silentMilliseconds, ...times } = { ...usualLimits, ...limits };
  const listener = getRequestListener((request, env) => app.hono.fetch(request, env), {
    overrideGlobalObjects: false,
    errorHandler: refuseUnreadable,
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
        logger.error('a reply could not be sent', { reason: reasonOf(error) });
        outgoing.destroy();
      });
    },
  );
  // Headers are counted by the guard and never dropped: the one that names the persona could be among them.
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
    if (warnings.take('drop') === 0) logger.warn(`there are ${connections} connections: new ones are refused`);
  });
  await listen(server, host, port);
  server.on('error', (error) => logger.error('the HTTP server failed', { reason: reasonOf(error) }));
  const address = server.address() as AddressInfo; // a server that listens on a port has one
  return { host: address.address, port: address.port, connections: () => open, close: () => close(server, app) };
}

/** What never became a request that the application could see: a target or a Host that is none. */
function refuseUnreadable(error: unknown): Response {
  const message = `The request cannot be understood (${reasonOf(error)})`;
  return Response.json({ error: { code: 'invalid_input', message } }, { status: 400 });
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(cannotListen(error, host, port));
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function cannotListen(cause: Error, host: string, port: number): MemoryMcpError {
  const place = `${host}:${port}`;
  switch (codeOf(cause)) {
    case 'EADDRINUSE':
      return new MemoryMcpError('backend_unavailable', `Port ${port} on ${host} is already in use`, {
        hint: `Another program listens there, perhaps an earlier memory-mcp. Stop it, or choose another port with --port or MEMORY_MCP_SERVER_PORT.`,
        cause,
      });
    case 'EACCES':
      return new MemoryMcpError('backend_unavailable', `This user may not listen on ${place}`, {
        hint: 'Choose a port above 1023 with --port or MEMORY_MCP_SERVER_PORT.',
        cause,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new MemoryMcpError('invalid_input', `${host} is not an address of this machine`, {
        hint: 'Give --host or MEMORY_MCP_SERVER_HOST an address of this machine, 127.0.0.1 for this machine alone.',
        cause,
      });
    default:
      return new MemoryMcpError('backend_unavailable', `Listening on ${place} failed: ${reasonOf(cause)}`, { cause });
  }
}

async function close(server: Server, app: HttpApp): Promise<void> {
  let closed = false;
  const gone = new Promise<void>((resolve) => server.close(() => resolve())).then(() => {
    closed = true;
  });
  server.closeIdleConnections();
  await app.drain(shutdownLimits.httpCalls);
  // The last replies are on their way: a connection is idle once its reply has been handed over.
  for (let waited = 0; !closed && waited < shutdownLimits.httpConnections; waited += 10) {
    server.closeIdleConnections();
    await withinTime(gone, 10);
  }
  server.closeAllConnections();
  await gone;
}
