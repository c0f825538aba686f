/**
 * Erasure, over the built server: after a permanent delete no word and no pair of letters that stands nowhere else is
 * in any file of the data folder, without closing anything, and the receipt says so only when that is true.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeTestModel } from '../../scripts/test-model/test-models.ts';
import { openConnection } from '../../src/store/sqlite/connection.ts';
import { spawnServer, type TestServer } from '../support/server.ts';
import { filesIn } from '../support/stores.ts';
import { type Trace, tracesOf } from '../support/traces.ts';

const secret = '鸚鵡の暗証番号は zanzibar-quillfeather、誰にも言わない';
const earlier = '前の文面はwolframiteと書かれていた';
const fields = {
  tags: ['periwinkletag', '内緒札'],
  emotion: 'vexationfeel',
  physical_state: '寝不足気味',
  environment: 'subterraneanlair',
};
const everything = [secret, earlier, ...fields.tags, fields.emotion, fields.physical_state, fields.environment];
const kept = ['苺のアレルギーがある', 'The deploy of 2026-04-01 was rolled back', '来年の春に京都へ引っ越す'];

const database = (dataDir: string) => join(dataDir, 'memory', 'default', 'memory.sqlite');

/** What is left in the data folder, backups aside. */
function traces(dataDir: string): Trace[] {
  const files = [...filesIn(dataDir)].filter(([name]) => !name.startsWith('backups'));
  return tracesOf(everything, kept, new Map(files));
}

async function rememberSecret(server: TestServer): Promise<string> {
  for (const text of kept) await server.create(text);
  const { key } = await server.create(earlier, { ...fields, tags: ['otherperiwinkletag'] });
  await succeed(server, 'memory_update', { key, content: secret, ...fields });
  expect((await server.search('鸚鵡')).results[0]?.key).toBe(key);
  expect(traces(server.dataDir).length).toBeGreaterThan(10);
  return key;
}

async function succeed(server: TestServer, name: string, args: object) {
  const reply = await server.call(name, { ...args });
  expect(reply.isError, reply.text).toBe(false);
  return reply.structured;
}

const erase = (server: TestServer, key: string) => succeed(server, 'memory_delete', { keys: [key], permanent: true });

/** Another program that reads an older state of the database until `leave`. */
async function startReader(dataDir: string): Promise<{ leave(): Promise<void> }> {
  const script = fileURLToPath(new URL('../support/store-reader.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, database(dataDir)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const gone = once(child, 'exit');
  await once(child.stdout, 'data');
  return {
    async leave() {
      child.stdin.end();
      await gone;
    },
  };
}

async function untilClean(dataDir: string): Promise<void> {
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; await delay(200)) {
    if (traces(dataDir).length === 0) return;
  }
  expect(traces(dataDir)).toEqual([]);
}

describe('a memory that was erased', () => {
  it('is in no file any more, while its server and a second one go on', async () => {
    const server = await spawnServer();
    const key = await rememberSecret(server);
    const second = await spawnServer({ dataDir: server.dataDir });
    expect((await second.search('zanzibar')).results.map((hit) => hit.key)).toEqual([key]);

    const receipt = await erase(server, key);
    expect(receipt).toEqual({ deleted: [key], not_found: [], erased: true });
    expect(traces(server.dataDir)).toEqual([]);
    for (const each of [server, second]) {
      expect((await each.search('zanzibar 鸚鵡')).results).toEqual([]);
      expect(await each.listAll({ deleted: 'include' })).toHaveLength(kept.length);
      const restore = await each.call('memory_restore', { key });
      expect(restore.text).toContain('not_found');
    }
    await Promise.all([server.close(), second.close()]);
    expect(traces(server.dataDir)).toEqual([]);
  });

  it('was deleted before, updated, restored: nothing of any version is left', async () => {
    const server = await spawnServer();
    const key = await rememberSecret(server);
    await succeed(server, 'memory_delete', { keys: [key] });
    await succeed(server, 'memory_restore', { key, version: 1 });
    await succeed(server, 'memory_delete', { keys: [key] });
    expect(await erase(server, key)).toMatchObject({ deleted: [key], erased: true });
    expect(traces(server.dataDir)).toEqual([]);
    const again = await server.call('memory_delete', { keys: [key], permanent: true });
    expect([again.isError, again.text]).toEqual([true, expect.stringContaining('not_found')]);
  });

  it('can be erased with others in one call; unknown keys are named, archives counted and left alone', async () => {
    const server = await spawnServer();
    const key = await rememberSecret(server);
    const backups = join(server.dataDir, 'backups');
    mkdirSync(backups);
    writeFileSync(join(backups, '2026-11-01.tar'), secret);
    const other = await server.create(`${secret} and more`, fields);
    const receipt = await succeed(server, 'memory_delete', { keys: [key, 'memory_x', other.key], permanent: true });
    expect(receipt).toEqual({ deleted: [key, other.key], not_found: ['memory_x'], erased: true, backups: 1 });
    expect(traces(server.dataDir)).toEqual([]);
    expect(filesIn(backups).get('2026-11-01.tar')?.toString()).toBe(secret);
  });

  it('takes its vectors out of index.faiss', async () => {
    const env = { MEMORY_MCP_EMBEDDINGS_MODEL: writeTestModel('tiny-embed') };
    const first = await spawnServer({ env });
    const key = await rememberSecret(first);
    const vectors = await vectorsOf(first.dataDir, key);
    await first.search('暗証番号');
    await first.close();
    const index = () => filesIn(first.dataDir).get(join('memory', 'default', 'vector_store', 'index.faiss'));
    const held = () => vectors.filter((vector) => index()?.includes(vector)).length;
    expect([vectors.length, held()]).toEqual([1, 1]);

    const second = await spawnServer({ env, dataDir: first.dataDir });
    expect(await erase(second, key)).toMatchObject({ erased: true });
    expect(index()?.length).toBeGreaterThan(0);
    expect(held()).toBe(0);
    expect(traces(first.dataDir)).toEqual([]);
    for (const file of filesIn(first.dataDir).values()) expect(file.includes(vectors[0] ?? 'none')).toBe(false);
  });
});

/** The bytes of a memory's vectors, as soon as it has some. */
async function vectorsOf(dataDir: string, key: string): Promise<Buffer[]> {
  const connection = await openConnection({ path: database(dataDir), busyTimeout: 1_000, readOnly: true });
  try {
    for (const deadline = performance.now() + 30_000; performance.now() < deadline; await delay(100)) {
      const rows = connection
        .sql<{ vector: Buffer }>('SELECT vector FROM vectors v JOIN memories m ON m.id = v.memory_id WHERE m.key = ?')
        .all(key);
      if (rows.length > 0) return rows.map(({ vector }) => vector);
    }
    return [];
  } finally {
    connection.close();
  }
}

describe('while another program reads an older state', () => {
  it('the receipt says pending and what remains; the server finishes once the reader is gone', async () => {
    const server = await spawnServer();
    const key = await rememberSecret(server);
    const reader = await startReader(server.dataDir);
    const receipt = await erase(server, key);
    expect(receipt).toMatchObject({ deleted: [key], erased: 'pending' });
    expect(receipt.remaining).toEqual(['memory.sqlite', 'memory.sqlite-wal']);
    expect(traces(server.dataDir)).not.toEqual([]);
    expect((await server.search('鸚鵡')).results).toEqual([]);
    await reader.leave();
    await untilClean(server.dataDir);
  });

  it('an orderly end finishes it', async () => {
    const server = await spawnServer();
    const key = await rememberSecret(server);
    const reader = await startReader(server.dataDir);
    expect(await erase(server, key)).toMatchObject({ erased: 'pending' });
    await reader.leave();
    await server.close();
    expect(traces(server.dataDir)).toEqual([]);
  });

  it('a server that was killed meanwhile finishes after its next start', async () => {
    const server = await spawnServer();
    const key = await rememberSecret(server);
    const reader = await startReader(server.dataDir);
    expect(await erase(server, key)).toMatchObject({ erased: 'pending' });
    await server.kill();
    await reader.leave();
    const next = await spawnServer({ dataDir: server.dataDir });
    await next.search('苺');
    await untilClean(server.dataDir);
  });

  it('another server finishes it too, when the one that began is gone', async () => {
    const server = await spawnServer();
    const key = await rememberSecret(server);
    const second = await spawnServer({ dataDir: server.dataDir });
    await second.search('苺');
    const reader = await startReader(server.dataDir);
    expect(await erase(server, key)).toMatchObject({ erased: 'pending' });
    await server.kill();
    await second.search('苺');
    await reader.leave();
    await untilClean(server.dataDir);
  });
});
