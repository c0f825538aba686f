/**
 * Lines over stdio that are too long, and clients that send faster than they read: the line is skipped and answered,
 * the client has to wait, and the server goes on.
 */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Message, messageOf, type RawServer, startRawServer } from '../support/raw-server.ts';

const limit = 10 * 1_048_576;
const create = (content: string) => ({ name: 'memory_create', arguments: { content } });

/** The answers so far that carry an error about a line. */
const refusals = ({ lines }: RawServer): Message[] =>
  lines.flatMap((line) => {
    const message = messageOf(line);
    return message?.error?.code === -32_700 ? [message] : [];
  });

async function started(): Promise<RawServer> {
  const server = startRawServer();
  await server.initialize();
  return server;
}

async function expectGoesOn(server: RawServer): Promise<void> {
  expect((await server.callTool('memory_create', { content: 'after the line' })).result).not.toHaveProperty('isError');
  expect((await server.callTool('memory_list')).result).toMatchObject({ structuredContent: { total: 1 } });
  server.end();
  expect(await server.exit).toMatchObject({ code: 0 });
}

describe('a line of more than 10 MB', () => {
  it('is skipped and answered with a parse error, and the server goes on', async () => {
    const server = await started();
    server.send('x'.repeat(limit + 1));
    await expectGoesOn(server);
    expect(refusals(server)).toEqual([
      { jsonrpc: '2.0', id: null, error: { code: -32_700, message: expect.stringContaining('10 MB') } },
    ]);
    expect(server.stderr()).toMatch(/line of more than 10 MB/);
  });

  it.each([
    [
      'before',
      (id: string | number, content: string) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: create(content) }),
    ],
    [
      'after',
      (id: string | number, content: string) => ({ method: 'tools/call', params: create(content), jsonrpc: '2.0', id }),
    ],
  ])('is answered to the request that it was, where the id comes %s the rest', async (_, request) => {
    const server = await started();
    for (const id of [77, 'own "id"']) server.send(request(id, 'x'.repeat(limit)));
    await expectGoesOn(server);
    expect(refusals(server).map(({ id }) => id)).toEqual([77, 'own "id"']);
  });

  it('is not treated as a request if it is a response', async () => {
    const server = await started();
    server.send({ jsonrpc: '2.0', id: 78, result: { text: 'x'.repeat(limit) } });
    await expectGoesOn(server);
    expect(refusals(server).map(({ id }) => id)).toEqual([null]);
  });

  it('is skipped at any length, and the lines around it are answered', async () => {
    const server = await started();
    const before = server.ask('ping').answer;
    for (let megabyte = 0; megabyte < 40; megabyte++) server.child.stdin?.write('x'.repeat(1_048_576));
    server.send('');
    const between = server.ask('ping').answer;
    server.send('y'.repeat(2 * limit));
    expect((await before).result).toBeDefined();
    expect((await between).result).toBeDefined();
    await expectGoesOn(server);
    expect(refusals(server)).toHaveLength(2);
  });

  it('that never ends is answered when the client closes its end', async () => {
    const server = await started();
    server.child.stdin?.write('x'.repeat(limit + 1));
    server.end();
    expect(await server.exit).toMatchObject({ code: 0 });
    expect(refusals(server)).toHaveLength(1);
  });
});

describe('a line of 10 MB', () => {
  it('is a message like any other', async () => {
    const server = await started();
    const request = (padding: string) =>
      JSON.stringify({ jsonrpc: '2.0', id: 'long', method: 'ping', params: { _meta: { padding } } });
    server.send(request('x'.repeat(limit - request('').length)));
    await expectGoesOn(server);
    expect(server.lines.map(messageOf).find((message) => message?.id === 'long')?.result).toBeDefined();
    expect(refusals(server)).toEqual([]);
  });
});

describe('a client that does not read its answers', () => {
  it('has to wait with its questions, and gets every answer when it reads', async () => {
    const server = await started();
    const { stdin, stdout } = server.child;
    if (stdin === null || stdout === null) throw new Error('the server has no pipes');
    stdout.pause();
    const questions = 10_000;
    const answers = Array.from({ length: questions }, () => server.ask('tools/list').answer);

    // Until all is taken, or nothing has been taken for a second.
    for (let before = -1; stdin.writableLength > 0 && stdin.writableLength !== before; ) {
      before = stdin.writableLength;
      await Promise.race([once(stdin, 'drain'), delay(1_000)]);
    }
    expect(stdin.writableLength).toBeGreaterThan(0);

    stdout.resume();
    const received = await Promise.all(answers);
    expect(received.filter(({ result }) => result !== undefined)).toHaveLength(questions);
    expect(server.stderr()).not.toContain('Warning');
  });
});
