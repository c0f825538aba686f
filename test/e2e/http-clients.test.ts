/** What HTTP clients and proxies do besides well-formed requests, on the built server. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpTestServer, spawnHttpServer } from '../support/http-server.ts';

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

describe('a client over HTTP', () => {
  let server: HttpTestServer;
  beforeAll(async () => {
    server = await spawnHttpServer({ owner: 'caller' });
  });
  afterAll(() => server.dispose());

  it.each(['*/*', 'application/json, text/event-stream'])(
    'that closes its connection after the reply sees it closed, accepting %s',
    async (accept) => {
      const body = JSON.stringify(ping);
      const socket = connect(server.port, '127.0.0.1');
      let received = '';
      socket.setEncoding('utf8').on('data', (text: string) => {
        received += text;
      });
      socket.write(
        `POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nAccept: ${accept}\r\n` +
          `Content-Length: ${body.length}\r\n\r\n${body}`,
      );
      await once(socket, 'close');
      expect(received).toMatch(/^HTTP\/1\.1 200 /);
      expect(received.toLowerCase()).toContain('connection: close');
    },
  );

  it('may begin its body with a byte order mark', async () => {
    const headers = { 'content-type': 'application/json' };
    const reply = await server.request('/mcp', { method: 'POST', headers, body: `\ufeff${JSON.stringify(ping)}` });
    expect(reply.json()).toMatchObject({ id: 1, result: {} });
  });

  it('may add members to a message that JSON-RPC does not have', async () => {
    const reply = await server.request('/mcp', { method: 'POST', body: { ...ping, trace: 'abc' } });
    expect(reply.json()).toMatchObject({ id: 1, result: {} });
  });

  it('is told of two requests with one id, which could have one reply only', async () => {
    const reply = await server.request('/mcp', { method: 'POST', body: [ping, ping] });
    expect([reply.status, reply.text]).toEqual([
      400,
      expect.stringContaining('Two requests of the batch have the same id'),
    ]);
  });
});
