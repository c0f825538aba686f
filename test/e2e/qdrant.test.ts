/** The built server with `storage_backend: qdrant`: with a Qdrant, with one that dies and comes back empty, without. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeTestModel } from '../../scripts/test-model/test-models.ts';
import { startFaultyProxy } from '../support/faulty-proxy.ts';
import { spawnHttpServer } from '../support/http-server.ts';
import { askQdrant, countPoints } from '../support/qdrant-requests.ts';
import { missingQdrantEngine, startQdrantServer } from '../support/qdrant-server.ts';
import { spawnServer } from '../support/server.ts';

const skip = missingQdrantEngine();

async function until<Value>(ask: () => Promise<Value>, isRight: (value: Value) => boolean): Promise<Value> {
  for (const deadline = Date.now() + 20_000; ; await sleep(100)) {
    const value = await ask();
    if (isRight(value) || Date.now() > deadline) return value;
  }
}

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const qdrantAt = (url: string) => ({ MEMORY_MCP_STORAGE_BACKEND: 'qdrant', MEMORY_MCP_QDRANT_URL: url });
const withModel = { MEMORY_MCP_EMBEDDINGS_MODEL: writeTestModel('tiny-embed') };

describe.skipIf(skip !== undefined)(`a server on Qdrant${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
  it('goes on when Qdrant is killed, and fills it when it comes back empty', async () => {
    const first = await startQdrantServer();
    onTestFinished(() => first.stop());
    const memory = await spawnHttpServer({ env: { ...qdrantAt(first.url), ...withModel } });
    const search = () => memory.api('memory_search', { query: '苺のアレルギー', mode: 'semantic' });
    const isFull = ({ degraded_reason }: Record<string, unknown>) => degraded_reason === undefined;
    const { key } = await memory.api('memory_create', { content: '苺のアレルギーがある' });
    expect(await until(search, isFull)).toMatchObject({ mode: 'semantic', results: [{ key }] });
    expect(await countPoints(first.url, 'memory_default')).toBe(2);
    expect((await memory.request('/health')).json()).toMatchObject({ status: 'ok' });

    await first.stop('SIGKILL');
    const { key: erased } = await memory.api('memory_create', { content: '桃のアレルギーがある' });
    const away = expect.stringMatching(/^Qdrant at 127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)/);
    const during = await until(search, ({ total }) => total === 2);
    expect(during).toMatchObject({ mode: 'semantic', total: 2, degraded_reason: away });
    // An answer is kept for a second.
    const health = await until(
      () => memory.request('/health'),
      (reply) => reply.text.includes('degraded'),
    );
    expect(health.status).toBe(200);
    expect(health.json()).toMatchObject({ status: 'degraded', checks: { database: 'ok', recall: 'degraded' } });
    expect(await memory.api('get_context')).toMatchObject({ recall: { engine: 'qdrant', index_problem: away } });
    expect(await memory.api('memory_delete', { keys: [erased], permanent: true })).toMatchObject({
      erased: 'pending',
      remaining: [expect.stringMatching(/^the collection in Qdrant at 127/)],
    });

    const second = await startQdrantServer({ port: Number(new URL(first.url).port) });
    onTestFinished(() => second.stop());
    expect(await until(search, isFull)).toMatchObject({ mode: 'semantic', results: [{ key }], total: 1 });
    expect(await countPoints(second.url, 'memory_default')).toBe(2);
    const said = memory.stderr();
    expect(said).toMatch(/vectors are not searched in Qdrant .*ECONNREFUSED/);
    expect(said).toMatch(/vectors are searched in Qdrant at \S+ again/);
    // What stays as it is is not said twice, however many searches find it so.
    const reasons = Array.from(said.matchAll(/vectors are (?:not )?searched in .*/g), ([reason]) => reason);
    expect(reasons.filter((reason, at) => reason === reasons[at - 1])).toEqual([]);
  });

  it('sends its key, and names the setting where that is wrong', async () => {
    const qdrant = await startQdrantServer({ apiKey: 'right', readOnlyKey: 'reads' });
    onTestFinished(() => qdrant.stop());
    const status = async (key: string) => {
      const memory = await spawnHttpServer({
        env: { ...qdrantAt(qdrant.url), ...withModel, MEMORY_MCP_QDRANT_API_KEY: key },
      });
      await memory.api('memory_create', { content: '苺のアレルギーがある' });
      const search = () => memory.api('memory_search', { query: '苺' });
      const found = await until(
        search,
        ({ degraded_reason: reason }) => !/model|did not answer|being filled/.test(String(reason)),
      );
      expect(memory.stderr()).not.toContain(key);
      return found.degraded_reason;
    };
    expect(await status('right')).toBeUndefined();
    expect(await status('mistaken')).toMatch(/refuses the API key: Invalid API key or JWT/);
    expect(await status('reads')).toMatch(/refuses the API key: Forbidden/);
  });

  it('ends at once while Qdrant does not answer', async () => {
    const qdrant = await startQdrantServer();
    const proxy = await startFaultyProxy(qdrant.url);
    onTestFinished(async () => {
      await proxy.close();
      await qdrant.stop();
    });
    const memory = await spawnHttpServer({ env: { ...qdrantAt(proxy.url), ...withModel } });
    await memory.api('memory_create', { content: '苺のアレルギーがある' });
    await until(
      () => memory.api('memory_search', { query: '苺' }),
      ({ degraded_reason }) => degraded_reason === undefined,
    );
    proxy.fail('hang');
    expect(await memory.api('memory_search', { query: '苺' })).toMatchObject({ degraded_reason: /answer/ });
    const { code, milliseconds } = await memory.kill('SIGTERM');
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(2_000);
  });

  it('moves there and back by tools, whichever index is in use', async () => {
    const qdrant = await startQdrantServer();
    onTestFinished(() => qdrant.stop());
    const env = { MEMORY_MCP_QDRANT_URL: qdrant.url, ...withModel };
    const here = await spawnHttpServer({ env });
    const { key } = await here.api('memory_create', {
      content: '苺のアレルギーがある',
      tags: ['food'],
      emotion: 'calm',
    });
    await until(
      () => here.api('get_context'),
      ({ recall }) => Object(recall).queued === 0,
    );
    expect(await here.api('migrate_sqlite_to_qdrant_tool', { dry_run: true })).toMatchObject({ vectors: 1, after: 0 });
    expect(await here.api('migrate_sqlite_to_qdrant_tool')).toMatchObject({ vectors: 1, after: 1, compared: 1 });

    const there = await spawnHttpServer({ env });
    const migrated = await there.api('migrate_qdrant_to_sqlite_tool');
    expect(migrated).toMatchObject({ points: 1, added: 1, with_vectors: 1 });
    expect(await there.api('memory_read', { keys: [key] })).toMatchObject({
      memories: [{ content: '苺のアレルギーがある', tags: ['food'], emotion: 'calm' }],
    });
    expect(await there.api('memory_search', { query: '苺' })).toMatchObject({ results: [{ key }] });
    await qdrant.stop();
    const refused = await there.request('/api/migrate_qdrant_to_sqlite_tool', { method: 'POST', body: {} });
    expect(refused.status).toBe(503);
    expect(refused.json()).toMatchObject({ error: { code: 'backend_unavailable' } });
  });

  it('keeps personas apart, whatever their names', async () => {
    const qdrant = await startQdrantServer();
    onTestFinished(() => qdrant.stop());
    const memory = await spawnHttpServer({ env: { ...qdrantAt(qdrant.url), ...withModel } });
    const personas = ['alice', '記憶', '長'.repeat(64), `${'長'.repeat(63)}い`, 'a.b-c_d'];
    for (const persona of personas) {
      const headers = { 'x-persona': encodeURIComponent(persona) };
      await memory.api('memory_create', { content: `私は${persona}です` }, headers);
      const search = () => memory.api('memory_search', { query: '私' }, headers);
      const found = await until(search, ({ degraded_reason }) => degraded_reason === undefined);
      expect(found).toMatchObject({ mode: 'hybrid', total: 1 });
    }
    const listed = await askQdrant(qdrant.url, 'GET', '/collections');
    expect(Object(listed).collections).toHaveLength(personas.length);
  });
});

describe('a server that is told of a Qdrant', () => {
  it('that is not there says so at the start, in get_context, in memory://info and in /health', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`;
    const away = new RegExp(`Qdrant at ${new URL(url).host} cannot be reached \\(ECONNREFUSED\\)`);
    const memory = await spawnHttpServer({ env: qdrantAt(url) });
    await until(
      async () => memory.stderr(),
      (said) => away.test(said),
    );
    expect(memory.stderr()).toMatch(away);
    expect(memory.stderr()).toContain('set qdrant_url');
    expect((await memory.request('/health')).json()).toMatchObject({ status: 'degraded' });

    const server = await spawnServer({ env: qdrantAt(url) });
    const problem = expect.stringMatching(away);
    const context = await server.call('get_context');
    expect(context.structured).toMatchObject({ recall: { mode: 'keyword', index_problem: problem } });
    const { contents } = await server.client.readResource({ uri: 'memory://info' });
    expect(JSON.stringify(contents)).toMatch(away);
    expect(await server.create('苺のアレルギーがある')).toMatchObject({ stored: true });
    expect(await server.search('苺')).toMatchObject({ total: 1, mode: 'keyword' });
  });

  it.each([
    [
      'is another program',
      () => ({ status: 200, body: 'Hello' }),
      /answers GET \/collections with something else: Hello/,
    ],
    ['has no such path', () => ({ status: 404, body: 'nothing here' }), /has no GET \/collections \(404\)/],
    [
      'is too old',
      (path: string) => ({
        status: 200,
        body: path === '/' ? '{"title":"qdrant","version":"1.9.7"}' : '{"result":{"collections":[]},"status":"ok"}',
      }),
      /is version 1\.9\.7\. memory-mcp needs 1\.10 or newer/,
    ],
  ])('that %s says so', async (_, answer, reason) => {
    const stranger = createServer((request, response) => {
      const { status, body } = answer(request.url ?? '');
      response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void stranger.close());
    // A server that listens on a port has an address with one.
    const { port } = stranger.address() as AddressInfo;
    const server = await spawnServer({ env: qdrantAt(`http://127.0.0.1:${port}`) });
    const context = await server.call('get_context');
    expect(context.structured).toMatchObject({ recall: { index_problem: expect.stringMatching(reason) } });
  });
});
