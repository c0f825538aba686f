/**
 * What bodies may cost the built server: the memory of those that are still arriving, and the size and time of the
 * reply to one that is wrong.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type HttpTestServer, spawnHttpServer } from '../support/http-server.ts';

const mebibyte = 1024 * 1024;

/** Sends the head of a request of 4 MiB and all of its body but the last byte. */
async function leaveUnfinished(port: number): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  // The server closes the connections that it refuses, with some of the body unread.
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const size = 4 * mebibyte;
  socket.write(
    `POST /api/memory_list HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${size}\r\n\r\n`,
  );
  await new Promise<void>((resolve) => {
    socket.once('close', resolve);
    socket.write(Buffer.alloc(size - 1, ' '), () => resolve());
  });
  return { socket, received: () => received };
}

describe('bodies that are still arriving', () => {
  it('take at most 64 MiB together, and what is beyond gets 503 until they are gone', async () => {
    const server = await spawnHttpServer();
    await server.api('memory_list');
    const held = await Promise.all(Array.from({ length: 24 }, () => leaveUnfinished(server.port)));

    await expect.poll(() => held.filter(({ received }) => received() !== '').length).toBeGreaterThanOrEqual(8);
    const refused = held.map(({ received }) => received()).filter((text) => text !== '');
    expect(held.length - refused.length).toBeGreaterThan(0);
    for (const reply of refused) {
      expect(reply).toMatch(/^HTTP\/1\.1 503 /);
      expect(reply.toLowerCase()).toContain('retry-after: 1');
      expect(reply).toContain('The bodies of requests in flight already take 64 MiB');
    }

    for (const { socket } of held) socket.destroy();
    const large = { content: 'x'.repeat(90_000) };
    await expect
      .poll(async () => (await server.request('/api/memory_create', { method: 'POST', body: large })).status)
      .toBe(200);
  });

  it('give back what they took, whether they end well, badly or by a lost connection', async () => {
    const server = await spawnHttpServer();
    const endings = [
      () => server.request('/api/memory_list', { method: 'POST', body: { unknown: 'x'.repeat(3 * mebibyte) } }),
      () => server.request('/mcp', { method: 'POST', body: { unknown: 'x'.repeat(3 * mebibyte) } }),
      async () => (await leaveUnfinished(server.port)).socket.destroy(),
    ];
    for (let round = 0; round < 30; round += 1) for (const end of endings) await end();
    await expect(server.api('memory_create', { content: '苺が好き' })).resolves.toMatchObject({});
  });
});

describe('the reply to a wrong body of 3.9 MB', () => {
  let server: HttpTestServer;
  beforeAll(async () => {
    server = await spawnHttpServer({ owner: 'caller' });
    await server.api('memory_list');
  });
  afterAll(() => server.dispose());

  const size = 3_900_000;
  const long = '苺'.repeat(size / 3);
  const manyKeys = Object.fromEntries(Array.from({ length: size / 15 }, (_, index) => [`苺${index}`, 1]));
  const call = (args: object) => ({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'memory_list', arguments: args },
  });
  const deep = `{"x":${'['.repeat(size / 2)}${']'.repeat(size / 2)}}`;

  it.each<[string, string, unknown]>([
    ['many unknown fields', '/api/memory_list', manyKeys],
    ['many unknown fields', '/mcp', call(manyKeys)],
    ['one long unknown field', '/api/memory_list', { [long]: 1, limit: 0 }],
    ['one long unknown field', '/mcp', call({ [long]: 1, limit: 0 })],
    ['a list of many wrong items', '/api/memory_read', { keys: Array(size / 2).fill(1) }],
    ['a million levels', '/api/memory_list', deep],
    ['a long id', '/mcp', { jsonrpc: '2.0', id: long, method: 'no/such/method' }],
    ['a long uri', '/mcp', { jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri: `memory://${long}` } }],
    ['a long method', '/mcp', { jsonrpc: '2.0', id: 1, method: long }],
    ['a long name of a prompt', '/mcp', { jsonrpc: '2.0', id: 1, method: 'prompts/get', params: { name: long } }],
    ['a batch of thousands', '/mcp', Array(4_000).fill(call({ unknown: 1 }))],
  ])('%s on %s is short, and others do not wait for it', async (_, path, body) => {
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    let slowest = 0;
    let replied = false;
    const sent = server.request(path, { method: 'POST', headers, body }).finally(() => {
      replied = true;
    });
    while (!replied) {
      const started = performance.now();
      await server.request('/health');
      slowest = Math.max(slowest, performance.now() - started);
    }
    const { text } = await sent;
    expect(text).toContain('error');
    expect(Buffer.byteLength(text)).toBeLessThan(10_000);
    expect(slowest).toBeLessThan(400);
  });

  it('still says what is wrong', async () => {
    const body = { [`unknown${'x'.repeat(1_000)}`]: 1, limit: 0 };
    const { error } = (await server.request('/api/memory_list', { method: 'POST', body })).json();
    expect(error).toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(/limit: .*unknownxxx.*…$/),
      hint: expect.stringContaining('memory_list takes'),
    });
  });
});
