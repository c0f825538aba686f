/**
 * What a stranger, a web page or a careless client may send to the port, and the status that each gets: the transport
 * and token rows of the security checklist, against the built server.
 */
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpTestServer, spawnHttpServer } from '../support/http-server.ts';

const accept = { accept: 'application/json, text/event-stream' };
const classic = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 1, method, params });
const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};
const modern = (method: string, params: object = {}) => classic(method, { ...params, _meta: meta });
const modernHeaders = (method: string, name?: string) => ({
  ...accept,
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': method,
  ...(name !== undefined && { 'mcp-name': name }),
});

/** Sends bytes as they are and answers with everything that comes back until the other side closes. */
function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk;
    });
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
    socket.setTimeout(10_000, () => socket.destroy());
  });
}

describe('a server without tokens', () => {
  let server: HttpTestServer;
  beforeAll(async () => {
    server = await spawnHttpServer({ owner: 'caller', env: { MEMORY_MCP_ALLOWED_ORIGINS: 'https://app.example.com' } });
  });
  afterAll(() => server.dispose());

  const post = (headers: Record<string, string>, body: unknown) =>
    server.request('/mcp', { method: 'POST', headers: { ...accept, ...headers }, body });

  it.each(['/mcp', '/health', '/metrics', '/', '/api/memory_list', '/no/such/route'])(
    'refuses an unknown Host on %s, and says which one and what would allow it',
    async (path) => {
      const { status, text } = await server.request(path, { headers: { host: 'evil.example' } });
      expect(status).toBe(403);
      expect(text).toContain('evil.example');
      expect(text).toContain('MEMORY_MCP_ALLOWED_HOSTS');
    },
  );

  it('refuses an unknown Host before the body is there', async () => {
    const reply = await sendRaw(
      server.port,
      'POST /mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
    );
    expect(reply).toMatch(/^HTTP\/1\.1 403 /);
    expect(JSON.parse(reply.split('\r\n\r\n')[1] ?? '')).toMatchObject({ error: { code: -32000 }, id: null });
  });

  it.each([
    ['GET /health HTTP/1.1\r\nHost: localhost.evil.example\r\nConnection: close\r\n\r\n', 403],
    ['GET /health HTTP/1.1\r\nHost: 127.0.0.1@evil.example\r\nConnection: close\r\n\r\n', 400],
    ['GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n', 403],
    ['GET http://evil.example/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 403],
    ['GET http://localhost/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 200],
    ['GET /health HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['GET /health HTTP/1.0\r\n\r\n', 400],
    ['GET /health HTTP/1.1\r\nHost: LOCALHOST\r\nConnection: close\r\n\r\n', 200],
    ['GET /health HTTP/1.1\r\nHost: [::1]:8000\r\nConnection: close\r\n\r\n', 200],
    ['GET /\\evil HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 400],
    ['no request at all\r\n\r\n', 400],
  ])('answers %j with %i', async (text, status) => {
    expect(await sendRaw(server.port, text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it.each(['http://evil.example', 'null', 'http://localhost.evil', 'http://localhost:5173'])(
    'refuses the Origin %s, its preflight too, and lets it read nothing',
    async (origin) => {
      for (const path of ['/mcp', '/api/memory_list', '/health', '/']) {
        const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };
        const replies = [
          await server.request(path, { headers: { origin } }),
          await server.request(path, { method: 'OPTIONS', headers: { origin, ...asked } }),
        ];
        for (const { status, headers } of replies) {
          expect(status).toBe(403);
          expect(headers['access-control-allow-origin']).toBeUndefined();
        }
      }
    },
  );

  it('lets its own pages and those in the settings in', async () => {
    const own = { origin: `http://127.0.0.1:${server.port}` };
    expect((await server.request('/api/memory_list', { headers: own })).status).toBe(200);
    const origin = 'https://app.example.com';
    const preflight = await server.request('/mcp', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-origin']).toBe(origin);
    expect(preflight.headers['access-control-allow-headers']).toContain('X-Persona');
    const reply = await post({ origin }, classic('ping'));
    expect(reply.status).toBe(200);
    expect(reply.headers['access-control-allow-origin']).toBe(origin);
    expect(reply.headers.vary).toContain('Origin');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', undefined])(
    'refuses a body of type %s, as a form of a foreign page would send it',
    async (type) => {
      for (const path of ['/mcp', '/api/memory_create']) {
        const headers = { ...accept, ...(type !== undefined && { 'content-type': type }) };
        const reply = await server.request(path, { method: 'POST', headers, body: JSON.stringify(classic('ping')) });
        expect(reply.status).toBe(415);
      }
    },
  );

  it.each<[string | undefined, string]>([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['application/json', 'application/json'],
    ['text/html, */*;q=0.8', 'application/json'],
    ['text/event-stream', 'text/event-stream'],
  ])('answers clients of both eras that accept %s with %s', async (accepted, type) => {
    const given = accepted === undefined ? {} : { accept: accepted };
    const { accept: _, ...modernOnly } = modernHeaders('tools/list');
    const requests = [
      { headers: given, body: classic('tools/list') },
      { headers: { ...modernOnly, ...given }, body: modern('tools/list') },
    ];
    for (const { headers, body } of requests) {
      const reply = await server.request('/mcp', { method: 'POST', headers, body });
      expect([reply.status, reply.headers['content-type']]).toEqual([200, type]);
      expect(reply.json()).toMatchObject({ id: 1, result: { tools: expect.any(Array) } });
    }
  });

  it('speaks MCP by POST alone', async () => {
    for (const method of ['GET', 'DELETE', 'PUT', 'PATCH', 'HEAD']) {
      const { status, headers } = await server.request('/mcp', { method, headers: accept });
      expect([method, status, headers.allow]).toEqual([method, 405, 'POST']);
    }
  });

  it.each([
    ['', -32700],
    ['{', -32700],
    ['nonsense', -32700],
    ['{}', -32600],
    ['[]', -32600],
    ['"text"', -32600],
  ])('answers the body %j with 400 and %i', async (body, code) => {
    const reply = await post({ 'content-type': 'application/json' }, body);
    expect(reply.status).toBe(400);
    expect(reply.json()).toMatchObject({ jsonrpc: '2.0', error: { code } });
  });

  it.each<[string, Record<string, string>, object, number, number]>([
    ['no Mcp-Method', { ...accept, 'mcp-protocol-version': '2026-07-28' }, modern('tools/list'), 400, -32020],
    ['another Mcp-Method than the body', modernHeaders('tools/call'), modern('tools/list'), 400, -32020],
    [
      'another Mcp-Name than the body',
      modernHeaders('tools/call', 'memory_list'),
      modern('tools/call', { name: 'memory_create', arguments: {} }),
      400,
      -32020,
    ],
    [
      'an unknown version',
      { ...modernHeaders('tools/list'), 'mcp-protocol-version': '2099-01-01' },
      classic('tools/list', { _meta: { ...meta, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } }),
      400,
      -32022,
    ],
    ['no _meta', modernHeaders('tools/list'), classic('tools/list'), 400, -32602],
    ['an unknown method', modernHeaders('no/such/method'), modern('no/such/method'), 404, -32601],
    [
      'an unknown tool',
      modernHeaders('tools/call', 'no_such_tool'),
      modern('tools/call', { name: 'no_such_tool', arguments: {} }),
      200,
      -32602,
    ],
  ])('answers a modern request with %s as the specification says', async (_, headers, body, status, code) => {
    const reply = await post(headers, body);
    expect([reply.status, reply.json()]).toMatchObject([status, { error: { code } }]);
  });

  it('serves classic clients without sessions, ignoring the session they name', async () => {
    for (const headers of [{}, { 'mcp-session-id': 'made-up' }]) {
      const reply = await post(headers, classic('tools/list'));
      expect(reply.status).toBe(200);
      expect(reply.headers['mcp-session-id']).toBeUndefined();
      expect(reply.json()).toMatchObject({ result: { tools: expect.any(Array) } });
      // The fixtures of the conformance suites are no part of the program.
      expect(reply.text).not.toContain('"test_');
    }
  });

  it('refuses persona names that could leave their folder, and makes no file', async () => {
    const names = ['../x', 'a/b', '%2e%2e', 'a%00b', 'con', 'x'.repeat(65), '%ff'];
    for (const name of names) {
      for (const headers of [{ 'x-persona': name }, { authorization: `Bearer ${name}` }]) {
        const api = await server.request('/api/memory_create', { method: 'POST', headers, body: { content: 'x' } });
        expect([name, api.status, api.json()]).toMatchObject([name, 400, { error: { code: 'invalid_input' } }]);
        const mcp = await post(headers, classic('tools/list'));
        expect([name, mcp.status]).toEqual([name, 400]);
      }
    }
    const memory = join(server.dataDir, 'memory');
    expect(existsSync(memory) ? readdirSync(memory) : []).toEqual([]);
  });

  it('creates no persona by reading', async () => {
    const headers = { 'x-persona': 'nobody' };
    for (const operation of ['get_context', 'memory_list']) {
      expect((await server.request(`/api/${operation}`, { headers })).status).toBe(200);
    }
    expect((await server.request('/api/memory_search?query=x', { headers })).status).toBe(200);
    expect(existsSync(join(server.dataDir, 'memory', 'nobody'))).toBe(false);
  });

  it('says no more than its state in /health', async () => {
    const { status, text } = await server.request('/health');
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({ status: 'ok', checks: { database: 'ok', recall: 'ok' } });
  });
});

describe('a server with tokens', () => {
  let server: HttpTestServer;
  beforeAll(async () => {
    server = await spawnHttpServer({
      owner: 'caller',
      tokens: [
        { token: 'secret-of-aoi', personas: ['葵'], name: 'aoi' },
        { token: 'secret-of-both', personas: ['葵', 'nilou'], name: 'both' },
        { token: 'secret-reader', personas: '*', read_only: true },
      ],
    });
  });
  afterAll(() => server.dispose());
  const bearer = (token: string, persona?: string) => ({
    authorization: `Bearer ${token}`,
    ...(persona !== undefined && { 'x-persona': encodeURIComponent(persona) }),
  });

  it.each(['/mcp', '/api/memory_list', '/metrics', '/no/such/route'])('wants one on %s', async (path) => {
    // One wrong token a route: they are limited to five a second.
    for (const headers of [{}, { authorization: path === '/mcp' ? 'Bearer default' : 'Bearer wrong' }]) {
      const reply = await server.request(path, { headers });
      expect(reply.status).toBe(401);
      expect(reply.headers['www-authenticate']).toMatch(/^Bearer realm="memory-mcp"/);
    }
    expect((await server.request(`${path}?token=secret-of-aoi&access_token=secret-of-aoi`)).status).toBe(401);
  });

  it('asks a person for it on the front page, and shows the page with it', async () => {
    const page = await server.request('/');
    expect(page.status).toBe(401);
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.text).toContain('<form>');
    const inside = await server.request('/', { headers: bearer('secret-of-aoi') });
    expect([inside.status, inside.text.includes('<form>')]).toEqual([200, false]);
  });

  it('keeps the personas of different tokens apart', async () => {
    const { key } = await server.api('memory_create', { content: '苺が好き' }, bearer('secret-of-aoi'));
    const seen = await server.api('memory_read', { keys: [key] }, bearer('secret-of-both', '葵'));
    expect(seen).toMatchObject({ memories: [{ content: '苺が好き' }] });
    const other = await server.request('/api/memory_read', {
      method: 'POST',
      headers: bearer('secret-of-both', 'nilou'),
      body: { keys: [key] },
    });
    const random = await server.request('/api/memory_read', {
      method: 'POST',
      headers: bearer('secret-of-both', 'nilou'),
      body: { keys: ['memory_20200101000000'] },
    });
    expect([other.status, random.status]).toEqual([404, 404]);
    expect(other.text.replaceAll(String(key), 'KEY')).toBe(random.text.replaceAll('memory_20200101000000', 'KEY'));
  });

  it('refuses a persona that the token does not open', async () => {
    for (const path of ['/api/memory_list', '/api/get_context']) {
      const reply = await server.request(path, { headers: bearer('secret-of-aoi', 'nilou') });
      expect(reply.status).toBe(403);
      expect(reply.headers['www-authenticate']).toContain('error="insufficient_scope"');
    }
    const unnamed = await server.request('/api/memory_list', { headers: bearer('secret-of-both') });
    expect([unnamed.status, unnamed.json()]).toMatchObject([
      400,
      { error: { hint: expect.stringContaining('%E8%91%B5, nilou') } },
    ]);
  });

  it('never shows a token: not in replies, not to the process list, not in the log', async () => {
    const replies = [
      await server.request('/metrics', { headers: bearer('secret-of-aoi') }),
      await server.request('/api/get_context', { headers: bearer('secret-of-aoi') }),
      await server.request('/api/memory_list', { headers: bearer('secret-of-aoi', 'nilou') }),
      await server.request('/api/memory_list', { headers: bearer('secret-of-aoi-but-wrong') }),
    ];
    const seen = [...replies.map(({ text }) => text), server.stderr(), ...server.child.spawnargs];
    for (const text of seen) expect(text).not.toContain('secret-');
  });
});

describe('wrong tokens', () => {
  it('are limited by the connecting address, while a right token always passes', async () => {
    const token = 'a-token-of-some-length';
    const server = await spawnHttpServer({ tokens: [{ token, personas: '*' }] });
    const ask = async (bearer: string, address: string) => {
      const headers = { authorization: `Bearer ${bearer}`, 'x-forwarded-for': address };
      return (await server.request('/api/memory_list', { headers })).status;
    };
    const wrong = await Promise.all(Array.from({ length: 40 }, (_, index) => ask('wrong', `192.0.2.${index}`)));
    expect(new Set(wrong)).toEqual(new Set([401, 429]));
    expect(wrong.filter((status) => status === 401).length).toBeLessThan(20);

    const mixed = await Promise.all(
      Array.from({ length: 80 }, (_, index) => ask(index % 2 === 0 ? 'wrong' : token, `192.0.2.${index}`)),
    );
    expect(mixed.filter((_, index) => index % 2 === 1)).toEqual(Array(40).fill(200));
    expect(server.stderr()).not.toContain('could be guessed');
  });

  it('are easier to guess where a token is short, which a warning says once at start', async () => {
    const server = await spawnHttpServer({
      tokens: [
        { token: 'fifteen-letters', personas: '*', name: 'laptop' },
        { token: 'sixteen-letters-', personas: '*', name: 'phone' },
        { token: 'short', personas: '*' },
      ],
    });
    for (const path of ['/health', '/api/memory_list']) {
      await server.request(path, { headers: { authorization: 'Bearer short' } });
    }
    const warnings = server.stderr().match(/.*could be guessed.*/g) ?? [];
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('"laptop", "token 3" have fewer than 16 characters');
    expect(server.stderr()).not.toMatch(/phone|fifteen-letters|sixteen/);
  });
});
