/** Stands between a client and an HTTP server, and misbehaves on request. It remembers what was asked. */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export type Fault =
  | 'hang'
  | 'reset'
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly delayMilliseconds: number };

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

export interface FaultyProxy {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** What happens to requests that match: `after` of them pass, then `times` meet the fault. */
  fail(fault: Fault, options?: { after?: number; times?: number; matching?: RegExp }): void;
  heal(): void;
  /** From now on requests go there. */
  pointTo(target: string): void;
  close(): Promise<void>;
}

export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  let destination = target;
  let planned: { fault: Fault; after: number; left: number; matching: RegExp } | undefined;
  const asked: Asked[] = [];

  function nextFault(line: string): Fault | undefined {
    if (planned === undefined || planned.left === 0 || !planned.matching.test(line)) return undefined;
    planned.after -= 1;
    if (planned.after >= 0) return undefined;
    planned.left -= 1;
    return planned.fault;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const { method = 'GET', url = '/', headers } = request;
    asked.push({ method, path: url, body: body.toString(), headers });
    const fault = nextFault(`${method} ${url}`);
    if (fault === 'hang') return;
    if (fault === 'reset') return void request.socket.destroy();
    if (fault !== undefined && 'status' in fault) {
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    }
    if (fault !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delayMilliseconds));
    const onward = httpRequest(`${destination}${url}`, { method, headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    });
    onward.on('error', () => response.destroy());
    onward.end(body);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    fail(fault, { after = 0, times = Number.POSITIVE_INFINITY, matching = /./ } = {}) {
      planned = { fault, after, left: times, matching };
    },
    heal() {
      planned = undefined;
    },
    pointTo(other) {
      destination = other;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
