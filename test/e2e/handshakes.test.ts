/**
 * Messages that deviate a little from the protocol are served, over stdio and HTTP. Nothing that comes in over stdio is
 * met with silence.
 */
import { describe, expect, it } from 'vitest';
import { spawnHttpServer } from '../support/http-server.ts';
import { type Message, messageOf, type RawServer, startRawServer } from '../support/raw-server.ts';

const clientInfo = { name: 'test', version: '1' };
const handshake = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo };

const handshakes: ReadonlyArray<readonly [what: string, params: unknown, version: string]> = [
  ['no clientInfo', { ...handshake, clientInfo: undefined }, '2025-06-18'],
  ['clientInfo that is null', { ...handshake, clientInfo: null }, '2025-06-18'],
  ['clientInfo without a version', { ...handshake, clientInfo: { name: 'test' } }, '2025-06-18'],
  [
    'a version of the client that is a number',
    { ...handshake, clientInfo: { name: 'test', version: 2 } },
    '2025-06-18',
  ],
  ['clientInfo that is a name', { ...handshake, clientInfo: 'test' }, '2025-06-18'],
  ['capabilities that are null', { ...handshake, capabilities: null }, '2025-06-18'],
  ['no capabilities', { ...handshake, capabilities: undefined }, '2025-06-18'],
  ['a capability that is null', { ...handshake, capabilities: { roots: null, sampling: {} } }, '2025-06-18'],
  ['_meta that is null', { ...handshake, _meta: null }, '2025-06-18'],
  ['no protocol version', { ...handshake, protocolVersion: undefined }, '2025-11-25'],
  ['params that are null', null, '2025-11-25'],
  ['no params', undefined, '2025-11-25'],
];

const requests: ReadonlyArray<readonly [what: string, method: string, params: unknown, result: object]> = [
  ['params that are null', 'tools/list', null, { tools: expect.any(Array) }],
  ['params that are an empty list', 'ping', [], {}],
  ['a cursor that is null', 'tools/list', { cursor: null }, { tools: expect.any(Array) }],
  ['_meta that is null', 'resources/list', { _meta: null }, { resources: expect.any(Array) }],
  [
    'arguments that are null',
    'tools/call',
    { name: 'memory_list', arguments: null },
    { structuredContent: { total: 0 } },
  ],
  [
    'arguments that are an empty list',
    'tools/call',
    { name: 'memory_list', arguments: [] },
    { structuredContent: { total: 0 } },
  ],
  [
    'arguments as JSON text',
    'tools/call',
    { name: 'memory_list', arguments: '{"limit": 1}' },
    { structuredContent: { total: 0 } },
  ],
  [
    'arguments of a prompt that are null',
    'prompts/get',
    { name: 'wrap_up_session', arguments: null },
    { messages: [{}] },
  ],
  [
    'an argument of a prompt that is a number',
    'prompts/get',
    { name: 'recall_topic', arguments: { topic: 7 } },
    { messages: [{}] },
  ],
];

describe.each(handshakes)('a handshake with %s', (_, params, protocolVersion) => {
  const message = { jsonrpc: '2.0', id: 'hello', method: 'initialize', params };

  it('is served over stdio', async () => {
    const server = startRawServer();
    server.send(message);
    await expect.poll(() => answersTo(server, 'hello')).toMatchObject([{ result: { protocolVersion } }]);
    expect((await server.request('tools/list')).result).toMatchObject({ tools: expect.any(Array) });
  });
});

describe('requests that deviate a little', () => {
  it('are served over stdio', async () => {
    const server = startRawServer();
    await server.initialize();
    for (const [what, method, params, result] of requests) {
      server.send({ jsonrpc: '2.0', id: what, method, params });
      await expect.poll(() => answersTo(server, what)).toMatchObject([{ result }]);
    }
  });

  it('are served over HTTP, and so are the handshakes', async () => {
    const server = await spawnHttpServer();
    const ask = async (method: string, params: unknown) =>
      (await server.request('/mcp', { method: 'POST', body: { jsonrpc: '2.0', id: 1, method, params } })).json();
    for (const [, params, protocolVersion] of handshakes) {
      expect(await ask('initialize', params)).toMatchObject({ result: { protocolVersion } });
    }
    for (const [, method, params, result] of requests) expect(await ask(method, params)).toMatchObject({ result });
  });
});

describe('what comes in over stdio', () => {
  it.each<[string, string, object]>([
    ['words', 'hello', { id: null, error: { code: -32_700 } }],
    ['half an object', '{"jsonrpc":"2.0","id":5,', { id: null, error: { code: -32_700 } }],
    ['a number', '42', { id: null, error: { code: -32_600 } }],
    ['an object that is no message', '{}', { id: null, error: { code: -32_600 } }],
    [
      'another version of JSON-RPC',
      '{"jsonrpc":"1.0","id":5,"method":"ping"}',
      { id: 5, error: { code: -32_600, message: 'This is no message of JSON-RPC 2.0: jsonrpc must be "2.0"' } },
    ],
    ['an id that is null', '{"jsonrpc":"2.0","id":null,"method":"ping"}', { id: null, error: { code: -32_600 } }],
    ['a method that is a number', '{"jsonrpc":"2.0","id":5,"method":7}', { id: 5, error: { code: -32_600 } }],
    [
      'params that are text',
      '{"jsonrpc":"2.0","id":5,"method":"ping","params":"x"}',
      { id: 5, error: { code: -32_600 } },
    ],
    ['a member too many', '{"jsonrpc":"2.0","id":5,"method":"ping","extra":1}', { id: 5, result: {} }],
    ['a byte order mark before a message', '\ufeff{"jsonrpc":"2.0","id":5,"method":"ping"}', { id: 5, result: {} }],
  ])('is answered: %s', async (_, line, answer) => {
    const server = startRawServer();
    await server.initialize();
    const before = server.lines.length;
    server.send(line);
    await expect.poll(() => server.lines.slice(before).map(messageOf)).toMatchObject([answer]);
  });

  it('is answered although its line has no end, when the client closes its end', async () => {
    const server = startRawServer();
    await server.initialize();
    server.child.stdin?.write('{"jsonrpc":"2.0","id":"last","method":"ping"}');
    server.end();
    expect(await server.exit).toMatchObject({ code: 0 });
    expect(answersTo(server, 'last')).toMatchObject([{ result: {} }]);
  });

  it.each([
    ['an unknown notification', { method: 'notifications/nonsense' }, /"notifications\/nonsense", which has no effect/],
    ['an answer to nothing', { id: 77, result: {} }, /answered a request that this server never made/],
  ])('is named in the log: %s', async (_, message, line) => {
    const server = startRawServer();
    await server.initialize();
    server.send({ jsonrpc: '2.0', ...message });
    await expect.poll(() => server.stderr()).toMatch(line);
  });

  it('is not logged without end', async () => {
    const server = startRawServer();
    await server.initialize();
    for (let count = 0; count < 500; count++) server.send({ jsonrpc: '2.0', method: `notifications/${count}` });
    await server.request('ping');
    server.end();
    await server.exit;
    expect(server.stderr().split('\n').length).toBeLessThan(110);
    expect(server.stderr()).toContain('further messages without an effect are not logged');
  });
});

describe('a batch over stdio', () => {
  const ping = (id: unknown) => ({ jsonrpc: '2.0', id, method: 'ping' });
  const call = (id: unknown, name: string, args: object) => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name, arguments: args },
  });
  /** The lines that are lists. */
  const batches = ({ lines }: RawServer): unknown[] => lines.map((line) => JSON.parse(line)).filter(Array.isArray);

  async function started(version: string): Promise<RawServer> {
    const server = startRawServer();
    await server.initialize(version);
    return server;
  }

  it('is answered on one line in the version that has batches', async () => {
    const server = await started('2025-03-26');
    const notification = { jsonrpc: '2.0', method: 'notifications/initialized' };
    const batch = [call('a', 'memory_create', { content: 'x' }), notification, ping('b'), 7, ping('b')];
    server.send(JSON.stringify(batch));
    await expect.poll(() => batches(server)).toHaveLength(1);
    const [answers] = batches(server);
    expect(answers).toHaveLength(4);
    expect(answers).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: 'a', result: expect.objectContaining({ structuredContent: expect.anything() }) }),
        { jsonrpc: '2.0', id: 'b', result: {} },
        { jsonrpc: '2.0', id: null, error: expect.objectContaining({ code: -32_600 }) },
        {
          jsonrpc: '2.0',
          id: 'b',
          error: expect.objectContaining({ message: expect.stringContaining('has this id') }),
        },
      ]),
    );
    expect((await server.request('ping')).result).toEqual({});
  });

  it('of notifications alone has no answer, and one whose request is cancelled does not wait for it', async () => {
    const server = await started('2025-03-26');
    server.send(JSON.stringify([{ jsonrpc: '2.0', method: 'notifications/initialized' }]));
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'slow' } };
    server.send(JSON.stringify([ping('fast'), call('slow', 'memory_search', { query: 'x' }), cancelled]));
    await expect.poll(() => batches(server)).toHaveLength(1);
    expect(batches(server)).toMatchObject([[{ id: 'fast' }]]);
    server.end();
    expect(await server.exit).toMatchObject({ code: 0 });
  });

  it.each([
    ['another version', '2025-11-25', [ping(1)], /Only protocol version 2025-03-26 has batches/],
    ['an empty one', '2025-03-26', [], /The batch is empty/],
    ['a long one', '2025-03-26', Array.from({ length: 101 }, (_, id) => ping(id)), /more than 100 messages/],
  ])('is refused: %s', async (_, version, batch, message) => {
    const server = await started(version);
    server.send(JSON.stringify(batch));
    await expect
      .poll(() => answersTo(server, null))
      .toMatchObject([{ error: { code: -32_600, message: expect.stringMatching(message) } }]);
  });
});

function answersTo({ lines }: RawServer, id: unknown): Message[] {
  return lines.flatMap((line) => {
    const message = messageOf(line);
    return message !== undefined && message.id === id ? [message] : [];
  });
}
