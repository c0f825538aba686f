/**
 * Slow, broken and hostile clients: each gets what it deserves, the others are served meanwhile, and the server lives.
 * A real server on a real socket, with limits that are reached within a test's patience.
 */
import { Agent, request as startRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { type HttpLimits, serveHttp } from '../../src/transport/http/server.ts';
import { openTestApp } from '../support/http-app.ts';
import { sendRequest } from '../support/http-server.ts';

const quick: HttpLimits = {
  headersMilliseconds: 400,
  requestMilliseconds: 800,
  checkMilliseconds: 50,
  silentMilliseconds: 5_000,
  connections: 200,
};
const mebibyte = 1024 * 1024;
const json = { 'content-type': 'application/json' };

async function startServer(limits: Partial<HttpLimits> = {}) {
  const app = await openTestApp();
  const server = await serveHttp({
    app,
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    logger: silentLogger,
    limits: { ...quick, ...limits },
  });
  onTestFinished(() => server.close());
  return server;
}

/** Opens a connection, sends `text`, and tells what came back once the other side closes. */
function openRaw(port: number, text: string): Promise<{ socket: Socket; closed: Promise<string> }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      if (text !== '') socket.write(text);
      resolve({ socket, closed });
    });
    let received = '';
    const closed = new Promise<string>((done) => {
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        received += chunk;
      });
      socket.on('close', () => done(received));
    });
    socket.on('error', reject);
    onTestFinished(() => void socket.destroy());
  });
}

async function expectServed(port: number): Promise<void> {
  const reply = await sendRequest(port, '/api/memory_create', {
    method: 'POST',
    body: { content: `${Math.random()}` },
  });
  expect(reply.status).toBe(200);
}

describe('while others', () => {
  it.each([
    ['send nothing at all', ''],
    ['send the first line and stop', 'POST /mcp HTTP/1.1\r\n'],
    ['never end their headers', 'GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: '],
    [
      'never send the body they announce',
      'POST /api/memory_create HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"content',
    ],
    [
      'never end their chunks',
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"con\r\n',
    ],
  ])('%s, a client is served, and they are let go', async (_, text) => {
    const { port, connections } = await startServer();
    const slow = await Promise.all(Array.from({ length: 50 }, () => openRaw(port, text)));
    const trickle = setInterval(() => {
      for (const { socket } of slow) if (text.endsWith('X-Slow: ') && socket.writable) socket.write('x');
    }, 50);
    onTestFinished(() => clearInterval(trickle));
    for (let call = 0; call < 10; call++) await expectServed(port);
    const replies = await Promise.all(slow.map(({ closed }) => closed));
    for (const reply of replies) expect(reply).toMatch(/^$|^HTTP\/1\.1 408 /);
    await expectServed(port);
    expect(connections()).toBeLessThan(10);
  });

  it('vanish in the middle of a request, a client is served', async () => {
    const { port } = await startServer();
    for (let round = 0; round < 20; round++) {
      const { socket } = await openRaw(
        port,
        'POST /api/memory_search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"query":"tea"',
      );
      if (round % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }
    await expectServed(port);
  });

  it('hold every connection, a new one is refused at once, and served when they are gone', async () => {
    const { port } = await startServer({ connections: 20, headersMilliseconds: 800 });
    const held = await Promise.all(Array.from({ length: 20 }, () => openRaw(port, '')));
    await expect(sendRequest(port, '/health')).rejects.toThrow();
    await Promise.all(held.map(({ closed }) => closed));
    await expectServed(port);
  });

  it('keep idle connections open, those make room for a new one', async () => {
    const { port } = await startServer({ connections: 20 });
    const agent = new Agent({ keepAlive: true, maxSockets: 20 });
    onTestFinished(() => agent.destroy());
    await Promise.all(Array.from({ length: 20 }, () => sendRequest(port, '/health', { agent })));
    let status = 0;
    for (let attempt = 0; status !== 200 && attempt < 10; attempt++) {
      status = await sendRequest(port, '/health').then(
        (reply) => reply.status,
        () => 0,
      );
    }
    expect(status).toBe(200);
  });
});

describe('too much', () => {
  it('in the headers is 431, whether one is huge or there are many: none is dropped in silence', async () => {
    const { port } = await startServer();
    const huge = await sendRequest(port, '/health', { headers: { 'x-huge': 'x'.repeat(20_000) } });
    expect(huge.status).toBe(431);
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`x-${index}`, 'x']));
    const reply = await sendRequest(port, '/api/memory_list', { headers: { ...many, 'x-persona': 'nilou' } });
    expect(reply.status).toBe(431);
    await expectServed(port);
  });

  it('in the body is 413 with a JSON reply that arrives, announced or in chunks, and closes the connection', async () => {
    const { port } = await startServer({ requestMilliseconds: 10_000 });
    const body = JSON.stringify({ content: 'x'.repeat(5 * mebibyte) });
    for (const path of ['/mcp', '/api/memory_create']) {
      for (const chunked of [false, true]) {
        const reply = await sendBody(port, path, body, { chunked });
        expect([path, chunked, reply.status, reply.connection]).toEqual([path, chunked, 413, 'close']);
        expect(JSON.parse(reply.text)).toMatchObject({ error: {} });
      }
    }
    await expectServed(port);
  });

  it('in the body does not disturb the next request of the same client', async () => {
    const { port } = await startServer({ requestMilliseconds: 10_000 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    for (let round = 0; round < 3; round++) {
      const large = await sendRequest(port, '/mcp', {
        method: 'POST',
        agent,
        headers: { ...json, accept: 'application/json, text/event-stream' },
        body: `"${'x'.repeat(5 * mebibyte)}"`,
      });
      expect(large.status).toBe(413);
      expect((await sendRequest(port, '/health', { agent })).status).toBe(200);
    }
  });

  it('is not 3.9 MiB', async () => {
    const { port } = await startServer({ requestMilliseconds: 10_000 });
    const body = JSON.stringify({ query: 'x', tags: [], pad: 'x'.repeat(3.9 * mebibyte) });
    const reply = await sendBody(port, '/api/memory_search', body, { chunked: true });
    expect(reply.status).toBe(200);
    expect(reply.text).toContain('"ignored":["pad"]');
  });

  it('depth in JSON is an answer, not the end', async () => {
    const { port } = await startServer();
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const body of [deep, `{"content":${deep}}`, `{"user_info":{"a":${deep}}}`]) {
      for (const path of ['/mcp', '/api/memory_create', '/api/update_context']) {
        const { status } = await sendRequest(port, path, { method: 'POST', headers: json, body });
        expect(status).toBeGreaterThanOrEqual(400);
      }
    }
    await expectServed(port);
  });

  it('of a batch counts as so many requests', async () => {
    const app = await openTestApp({ ratePerSecond: () => 10 });
    const call = { jsonrpc: '2.0', method: 'tools/call', params: { name: 'memory_list', arguments: {} } };
    const reply = await app.fetch('/mcp', {
      method: 'POST',
      headers: { ...json, accept: 'application/json, text/event-stream' },
      body: JSON.stringify(Array.from({ length: 100 }, (_, id) => ({ ...call, id }))),
    });
    const text = await reply.text();
    expect(text.match(/"isError":true/g)?.length ?? 0).toBeGreaterThanOrEqual(85);
    expect(app.log.filter((entry) => 'outcome' in entry && entry.outcome === 'ok').length).toBeLessThanOrEqual(15);
  });
});

describe('pipelined requests', () => {
  it('are answered in order', async () => {
    const { port } = await startServer();
    const one = (path: string, last = false) =>
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${last ? 'Connection: close\r\n' : ''}\r\n`;
    const { closed } = await openRaw(port, `${one('/health')}${one('/nothing')}${one('/health', true)}`);
    expect([...(await closed).matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual(['200', '404', '200']);
  });
});

interface BodyReply {
  readonly status: number;
  readonly connection: string | undefined;
  readonly text: string;
}

/** Sends a large body piece by piece, as a slow line would, and goes on sending whatever comes back. */
function sendBody(port: number, path: string, body: string, { chunked }: { chunked: boolean }): Promise<BodyReply> {
  const length = chunked ? {} : { 'content-length': Buffer.byteLength(body) };
  const headers = { ...json, ...length, accept: 'application/json, text/event-stream' };
  return new Promise((resolve, reject) => {
    const sent = startRequest({ host: '127.0.0.1', port, path, method: 'POST', headers }, async (incoming) => {
      let text = '';
      for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
      resolve({ status: incoming.statusCode ?? 0, connection: incoming.headers.connection, text });
    });
    sent.on('error', reject);
    void (async () => {
      for (let start = 0; start < body.length && sent.writable; start += 256 * 1024) {
        sent.write(body.slice(start, start + 256 * 1024));
        await delay(2);
      }
      sent.end();
    })();
  });
}
