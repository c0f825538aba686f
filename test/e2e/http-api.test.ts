/**
 * The API, health and metrics as a program that speaks no MCP meets them.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { LogLevel } from '../../src/core/logger.ts';
import { openTestApp, type TestApp } from '../support/http-app.ts';
import { spawnHttpServer } from '../support/http-server.ts';
import { until } from '../support/until.ts';

const apiReply = z.strictObject({
  result: z.looseObject({}).optional(),
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string().optional() }).optional(),
});

async function post(app: TestApp, operation: string, input: unknown, headers: Record<string, string> = {}) {
  const reply = await app.fetch(`/api/${operation}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof input === 'string' ? input : JSON.stringify(input),
  });
  return { status: reply.status, body: apiReply.parse(await reply.json()) };
}

async function get(app: TestApp, path: string) {
  const reply = await app.fetch(path);
  return { status: reply.status, body: apiReply.parse(await reply.json()) };
}

describe('the API', () => {
  it('answers with a result, and reads by GET too', async () => {
    const app = await openTestApp();
    const created = await post(app, 'memory_create', { content: '苺が好き', tags: ['food', 'a,b'] });
    expect(created).toMatchObject({ status: 200, body: { result: { stored: true } } });
    const key = created.body.result?.key;

    const search = await get(app, `/api/memory_search?query=${encodeURIComponent('苺')}&limit=1&tags=food`);
    expect(search).toMatchObject({ status: 200, body: { result: { results: [{ key }], total: 1 } } });
    const read = await get(app, `/api/memory_read?keys=${key}&history=true`);
    expect(read).toMatchObject({
      status: 200,
      body: { result: { memories: [{ content: '苺が好き', source: 'api', history: [] }] } },
    });
    const tagged = await get(app, `/api/memory_list?tags=${encodeURIComponent('["a,b"]')}`);
    expect(tagged).toMatchObject({ status: 200, body: { result: { total: 1 } } });
    const posted = await post(app, 'memory_list', {});
    expect(posted).toMatchObject({ status: 200, body: { result: { total: 1 } } });
    expect((await app.fetch('/api/memory_list', { method: 'HEAD' })).status).toBe(200);
  });

  it('says what is wrong with the status of the error', async () => {
    const app = await openTestApp();
    const key = (await post(app, 'memory_create', { content: 'tea' })).body.result?.key;
    const stale = { key, content: 'coffee', expected_version: 7 };
    expect(await post(app, 'memory_update', stale)).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict' } },
    });
    expect(await post(app, 'memory_read', { keys: ['nothing'] })).toMatchObject({ status: 404 });
    expect(await post(app, 'memory_create', {})).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_input', message: expect.stringContaining('content'), hint: expect.any(String) } },
    });
    expect(await post(app, 'memory_create', '{"content":')).toMatchObject({ status: 400 });
    expect(await post(app, 'memory_create', '[1]')).toMatchObject({ status: 400 });
    expect(await get(app, '/api/memory_list?limit=0')).toMatchObject({ status: 400 });
    expect(await get(app, '/api/memory_list?limit=ten')).toMatchObject({ status: 400 });
    expect(await get(app, '/api/memory_list?tag=red')).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('did you mean tags?') } },
    });
    expect(await get(app, '/api/memory_list?colour=red')).toMatchObject({
      status: 200,
      body: { result: { ignored: ['colour'] } },
    });
    expect(await get(app, '/api/no_such_operation')).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found', hint: expect.stringContaining('memory_search') } },
    });
  });

  it('reaches the operations of the full set for any tool set of MCP clients', async () => {
    const app = await openTestApp({ tools: 'core' });
    expect(await get(app, '/api/memory_stats')).toMatchObject({ status: 200 });
  });

  it('keeps personas apart', async () => {
    const app = await openTestApp();
    await post(app, 'memory_create', { content: 'りんご' }, { 'x-persona': encodeURIComponent('葵') });
    await post(app, 'memory_create', { content: 'みかん' }, { authorization: 'Bearer nilou' });
    const seen = await post(app, 'memory_list', {}, { 'x-persona': encodeURIComponent('葵') });
    expect(JSON.stringify(seen.body)).toContain('りんご');
    expect(JSON.stringify(seen.body)).not.toContain('みかん');
    expect(readdirSync(join(app.dataDir, 'memory')).sort()).toEqual(['nilou', '葵']);
  });
});

describe('health', () => {
  it('is ok on an empty folder and on a used one, and leaves nothing behind', async () => {
    const server = await spawnHttpServer();
    expect((await server.request('/health')).json()).toMatchObject({ status: 'ok' });
    expect(readdirSync(server.dataDir).filter((name) => name.startsWith('.'))).toEqual([]);
    await server.api('memory_create', { content: 'tea' });
    // Longer than the answer of one probe is shared.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const reply = await server.request('/health');
    expect([reply.status, reply.json()]).toMatchObject([200, { status: 'ok', checks: { database: 'ok' } }]);
  });

  it('is degraded, not unavailable, while a model is missing, and does not say which', async () => {
    const server = await spawnHttpServer({
      env: { MEMORY_MCP_EMBEDDINGS_MODEL: 'example/no-such-model', MEMORY_MCP_MODEL_DOWNLOAD: 'never' },
    });
    await server.api('memory_search', { query: 'tea' });
    let reply = await server.request('/health');
    await until(async () => {
      reply = await server.request('/health');
      return reply.text.includes('degraded');
    }, 'health is degraded');
    expect([reply.status, reply.json()]).toEqual([
      200,
      { status: 'degraded', checks: { database: 'ok', recall: 'degraded' } },
    ]);
  });

  it('is unavailable when the database is damaged, without naming its path', async () => {
    const server = await spawnHttpServer();
    await server.api('memory_create', { content: 'tea' });
    await server.kill();
    const file = join(server.dataDir, 'memory', 'default', 'memory.sqlite');
    const content = readFileSync(file);
    writeFileSync(file, content.fill(0xa5, 100));
    const again = await spawnHttpServer({ dataDir: server.dataDir });
    const damaged = await again.request('/health');
    expect([damaged.status, damaged.json()]).toMatchObject([503, { status: 'unavailable' }]);
    expect(damaged.text).not.toMatch(/sqlite|memory|\//);
  });

  it('is degraded, not unavailable, when the default persona holds the file of another program', async () => {
    const server = await spawnHttpServer();
    await server.api('memory_create', { content: 'tea' }, { 'x-persona': 'nilou' });
    const seeded = await spawnHttpServer({ dataDir: server.dataDir, args: ['--persona', 'old'] });
    await seeded.api('memory_create', { content: 'tea' });
    await seeded.kill();
    writeFileSync(join(server.dataDir, 'memory', 'old', 'memory.sqlite'), 'SQLite format 3\0'.padEnd(200, '\0'));
    const again = await spawnHttpServer({ dataDir: server.dataDir, args: ['--persona', 'old'] });
    const reply = await again.request('/health');
    expect([reply.status, reply.json()]).toMatchObject([200, { status: 'degraded' }]);
    expect((await again.request('/api/memory_list', { headers: { 'x-persona': 'nilou' } })).status).toBe(200);
  });
});

describe('metrics', () => {
  it('count requests and operations, and name no persona, no token and nothing a client chose', async () => {
    const app = await openTestApp({ tokens: [{ token: 'secret', personas: '*', name: 'laptop' }] });
    const headers = {
      authorization: 'Bearer secret',
      'content-type': 'application/json',
      'x-persona': encodeURIComponent('葵'),
    };
    await app.fetch('/api/memory_create', { method: 'POST', headers, body: '{"content":"苺が好き"}' });
    await app.fetch('/api/memory_create', { method: 'POST', headers, body: '{}' });
    await app.fetch('/api/no_such_operation', { method: 'POST', headers, body: '{}' });
    await app.fetch('/strange/path', { headers });
    await app.fetch('/health');
    const reply = await app.fetch('/metrics', { headers });
    const text = await reply.text();
    expect(reply.headers.get('content-type')).toContain('version=0.0.4');
    for (const line of [
      'memory_mcp_http_request_duration_seconds_count{route="/api/:operation",status="200"} 1',
      'memory_mcp_http_request_duration_seconds_count{route="/api/:operation",status="400"} 1',
      'memory_mcp_http_request_duration_seconds_count{route="/api/:operation",status="404"} 1',
      'memory_mcp_http_request_duration_seconds_count{route="other",status="404"} 1',
      'memory_mcp_http_request_duration_seconds_count{route="/health",status="200"} 1',
      'memory_mcp_operation_duration_seconds_count{operation="memory_create",via="api",outcome="ok"} 1',
      'memory_mcp_operation_duration_seconds_count{operation="memory_create",via="api",outcome="invalid_input"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    for (const word of ['葵', '%E8', 'secret', 'laptop', '苺', 'strange', 'no_such']) expect(text).not.toContain(word);
    expectPrometheus(text);
  });
});

/** The text format: a TYPE before the samples of its name, buckets that grow and end with the count. */
function expectPrometheus(text: string): void {
  const types = new Map<string, string>();
  for (const line of text.trimEnd().split('\n')) {
    const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== undefined && type !== undefined) types.set(name, type);
    if (line.startsWith('#')) continue;
    const sample = /^([a-z_]+)(?:\{[a-z]+="[^"\n]*"(?:,[a-z]+="[^"\n]*")*\})? -?\d+(?:\.\d+)?(?:e-?\d+)?$/.exec(
      line,
    )?.[1];
    expect([line, sample !== undefined]).toEqual([line, true]);
    const family = sample?.replace(/_(?:bucket|sum|count)$/, '') ?? '';
    expect([line, types.has(family) || types.has(sample ?? '')]).toEqual([line, true]);
  }
}

describe('the log of calls', () => {
  it('records caller, operation and outcome, without memory texts or tokens', async () => {
    const app = await openTestApp({ tokens: [{ token: 'secret', personas: ['葵'], name: 'laptop' }] });
    const headers = { authorization: 'Bearer secret' };
    await post(app, 'memory_create', { content: '苺が好き' }, headers);
    await post(app, 'memory_search', { query: '苺' }, headers);
    await post(app, 'memory_create', {}, headers);
    await post(app, 'memory_list', {}, { authorization: 'Bearer wrong' });
    expect(app.log).toMatchObject([
      {
        event: 'call',
        via: 'api',
        operation: 'memory_create',
        persona: '葵',
        token: 'laptop',
        source: 'api',
        outcome: 'ok',
      },
      { event: 'call', operation: 'memory_search', outcome: 'ok' },
      { event: 'call', operation: 'memory_create', outcome: 'invalid_input' },
      { event: 'refused', route: '/api/:operation', status: 401 },
    ]);
    expect(JSON.stringify(app.log)).not.toMatch(/苺|secret|wrong/);
  });

  it('holds what was asked at the level debug alone', async () => {
    const app = await openTestApp({ logLevel: () => 'debug' });
    await post(app, 'memory_create', { content: '苺が好き' });
    expect(app.log).toMatchObject([{ operation: 'memory_create', input: { content: '苺が好き' } }]);
  });

  it('follows the level of the moment', async () => {
    let level: LogLevel = 'silent';
    const app = await openTestApp({ logLevel: () => level });
    await post(app, 'memory_create', { content: '苺が好き' });
    expect(app.log).toEqual([]);
    level = 'info';
    await post(app, 'memory_list', {});
    level = 'error';
    await post(app, 'memory_list', {});
    expect(app.log).toMatchObject([{ level: 'info', operation: 'memory_list' }]);
  });

  it('is a file of lines of JSON that only its owner reads, and holds the last call when the server has ended', async () => {
    const server = await spawnHttpServer({ tokens: [{ token: 'secret', personas: ['葵'] }] });
    const headers = { authorization: 'Bearer secret' };
    for (let number = 0; number < 20; number++) await server.api('memory_create', { content: `苺 ${number}` }, headers);
    await server.kill();
    const file = join(server.dataDir, 'logs', 'memory_operations.log');
    const text = readFileSync(file, 'utf8');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(20);
    expect(lines.at(-1)).toMatchObject({ operation: 'memory_create', persona: '葵', token: 'token 1', outcome: 'ok' });
    expect(text).not.toMatch(/苺|secret/);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('does not fill up with what is refused', async () => {
    const app = await openTestApp();
    for (let request = 0; request < 50; request++) await app.fetch('/', { headers: { host: 'evil.example' } });
    expect(app.log.length).toBeLessThanOrEqual(10);
  });
});
