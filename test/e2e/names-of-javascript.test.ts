/**
 * Fields named as the members that every object of JavaScript has: they are unknown fields like others, and no name is
 * dropped without a word.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpTestServer, spawnHttpServer } from '../support/http-server.ts';
import { startRawServer } from '../support/raw-server.ts';

/** With the member of its own that only the text of JSON can give. */
const parse = (text: string): object => JSON.parse(text);

describe('a field that has the name of a member of every object', () => {
  let server: HttpTestServer;
  beforeAll(async () => {
    server = await spawnHttpServer({ owner: 'caller' });
  });
  afterAll(() => server.dispose());
  const post = (path: string, body: object) => server.request(path, { method: 'POST', body });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'is named as ignored by the API: %s',
    async (name) => {
      const reply = await post('/api/memory_create', parse(`{"content":"with ${name}","${name}":{"a":1}}`));
      expect(reply.json()).toMatchObject({ result: { stored: true, ignored: [name] } });
    },
  );

  it.each([
    ['__proto__', '"__proto__"'],
    ['constructor', 'constructor'],
  ])('is named as ignored over MCP, by stdio and HTTP: %s', async (name, shown) => {
    const params = parse(`{"name":"memory_create","arguments":{"content":"with ${name}","${name}":{"a":1}}}`);
    const raw = startRawServer();
    await raw.initialize();
    const expected = { result: { structuredContent: { ignored: [shown] } } };
    expect(await raw.request('tools/call', params)).toMatchObject(expected);
    raw.end();
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
    expect((await post('/mcp', message)).json()).toMatchObject(expected);
  });

  it('is refused in a record where it could not be kept, and kept where it can', async () => {
    const refused = await post('/api/update_context', parse('{"user_info":{"name":"Mia","__proto__":{"admin":true}}}'));
    expect([refused.status, refused.json()]).toMatchObject([
      400,
      { error: { message: 'update_context: user_info.__proto__: is a name that cannot be kept' } },
    ]);
    const kept = { constructor: 'Mia', toString: 'x', inner: parse('{"__proto__":{"admin":true}}') };
    await post('/api/update_context', { preferences: kept });
    const context = await post('/api/get_context', {});
    expect(JSON.stringify(context.json())).toContain(JSON.stringify(kept));
    expect(context.json()).not.toHaveProperty('result.user_info');
    expect(Reflect.get({}, 'admin')).toBeUndefined();
  });
});
