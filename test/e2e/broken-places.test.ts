/**
 * Files and places that cannot be used, over the built server: each is named with the next step, nothing of somebody
 * else is touched, what was acknowledged is there, and the server lives on.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openTestApp } from '../support/apps.ts';
import { foreignFiles } from '../support/originals.ts';
import { type Reply, spawnServer, type TestServer } from '../support/server.ts';
import { failureOf, filesIn, testFolder } from '../support/stores.ts';

const databaseOf = (dataDir: string, persona = 'default') => join(dataDir, 'memory', persona, 'memory.sqlite');

function expectFailure(reply: Reply, code: string, ...words: string[]): void {
  expect(reply.isError, reply.text).toBe(true);
  expect(reply.structured).toMatchObject({ error: { code } });
  for (const word of words) expect(reply.text).toContain(word);
}

/** The server still answers: it lists its tools. */
const isAlive = async ({ client }: TestServer) => (await client.listTools()).tools.length > 5;

describe('a file of another program at our path', () => {
  it.each(Object.entries(foreignFiles))('is never touched, by no tool: %s', async (_, write) => {
    const dataDir = testFolder();
    await write(databaseOf(dataDir));
    const before = filesIn(dataDir);
    const server = await spawnServer({ dataDir });
    for (const [name, args] of [
      ['get_context', {}],
      ['memory_create', { content: 'new' }],
      ['memory_search', { query: '苺' }],
      ['memory_list', {}],
      ['update_context', { emotion: 'joy' }],
      ['memory_delete', { keys: ['memory_20251101173000'], permanent: true }],
    ] as const) {
      expectFailure(await server.call(name, args), 'conflict', 'memory-mcp migrate from-original');
    }
    expect(await isAlive(server)).toBe(true);
    await server.close();
    expect(filesIn(dataDir)).toEqual(before);
  });

  it('stops its own persona alone', async () => {
    const app = await openTestApp();
    await foreignFiles['the original with 5 columns'](databaseOf(app.dataDir, 'old'));
    const before = readFileSync(databaseOf(app.dataDir, 'old'));
    expect((await failureOf(() => app.call('get_context', {}, { persona: 'old' }))).code).toBe('conflict');
    await app.call('memory_create', { content: 'of another persona' }, { persona: 'new' });
    expect(await app.call('memory_list', {}, { persona: 'new' })).toMatchObject({ total: 1 });
    expect((await failureOf(() => app.call('memory_create', { content: 'x' }, { persona: 'old' }))).code).toBe(
      'conflict',
    );
    await app.close();
    expect(readFileSync(databaseOf(app.dataDir, 'old'))).toEqual(before);
  });

  it('is looked at again with each call: once it is gone, the persona works', async () => {
    const dataDir = testFolder();
    await foreignFiles['random bytes'](databaseOf(dataDir));
    const server = await spawnServer({ dataDir });
    expectFailure(await server.call('memory_list'), 'conflict');
    rmSync(databaseOf(dataDir));
    expect((await server.create('now it works')).stored).toBe(true);
  });
});

describe('a damaged database', () => {
  it('is named with the next step, and works again once it is whole', async () => {
    const server = await spawnServer();
    for (let index = 0; index < 40; index++) await server.create(`memory ${index} ${'長い文章'.repeat(100)}`);
    await server.close();
    const file = databaseOf(server.dataDir);
    const whole = join(testFolder(), 'whole.sqlite');
    copyFileSync(file, whole);
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 8_192, bytes.length - 8_192);
    writeFileSync(file, bytes);

    const next = await spawnServer({ dataDir: server.dataDir });
    for (const [name, args] of [
      ['memory_list', { limit: 100 }],
      ['memory_search', { query: '長い文章' }],
      ['memory_create', { content: 'new' }],
    ] as const) {
      expectFailure(await next.call(name, args), 'corrupt', 'memory.sqlite', 'damaged', 'backup');
    }
    expect(await isAlive(next)).toBe(true);
    await next.close();
    copyFileSync(whole, file);
    expect((await (await spawnServer({ dataDir: server.dataDir })).list()).total).toBe(40);
  });
});

const mounted = mountTemporary();

describe.skipIf(mounted === undefined)('a full disk (needs the right to mount a small one)', () => {
  it('is named, loses nothing that was acknowledged, and all goes on when there is room', async () => {
    const { folder, filler } = mounted ?? { folder: '', filler: '' };
    const server = await spawnServer({ dataDir: join(folder, 'data') });
    await server.create('the first memory');
    writeFileSync(filler, Buffer.alloc(500_000));
    const stored: string[] = [];
    let refused: Reply | undefined;
    for (let index = 0; refused === undefined; index++) {
      const content = `memory ${index} ${'長い文章'.repeat(500)}`;
      const reply = await server.call('memory_create', { content });
      if (reply.isError) refused = reply;
      else stored.push(content);
    }
    expectFailure(refused, 'backend_unavailable', 'memory.sqlite', 'Free some space');
    expect(stored.length).toBeGreaterThan(3);
    expect(
      (await server.call('update_context', { emotion: 'joy', user_info: { a: 'x'.repeat(3_000) } })).text,
    ).toBeDefined();
    expect((await server.list()).total).toBe(stored.length + 1);
    expect((await server.search('first memory')).results.length).toBeGreaterThan(0);
    expect(await isAlive(server)).toBe(true);

    rmSync(filler);
    expect((await server.create('after some room was made')).stored).toBe(true);
    await server.kill();
    const next = await spawnServer({ dataDir: server.dataDir });
    const contents = (await next.listAll()).map(({ content, preview }) => content ?? preview ?? '');
    expect(contents).toHaveLength(stored.length + 2);
    expect(contents.filter((text) => text.startsWith('memory '))).toHaveLength(stored.length);
  });
});

function mountTemporary(): { folder: string; filler: string } | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const folder = execFileSync('mktemp', ['-d', '/tmp/memory-mcp-full-XXXXXX'], { encoding: 'utf8' }).trim();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  afterAll(() => {
    execFileSync('umount', ['-l', folder], { stdio: 'ignore' });
    rmSync(folder, { recursive: true, force: true });
  });
  return { folder, filler: join(folder, 'filler') };
}

describe('a data folder that cannot be written', () => {
  it('is named in every reply', async () => {
    const file = join(testFolder(), 'file');
    writeFileSync(file, 'in the way');
    const app = await openTestApp({ dataDir: join(file, 'data') });
    for (const call of [() => app.call('get_context'), () => app.call('memory_create', { content: 'one' })]) {
      const failure = await failureOf(call);
      expect([failure.code, failure.message]).toEqual(['backend_unavailable', expect.stringContaining(file)]);
      expect(failure.hint).toContain('MEMORY_MCP_DATA_DIR');
    }
    expect(readFileSync(file, 'utf8')).toBe('in the way');
  });

  it('is named where a database is there already', async () => {
    const app = await openTestApp();
    await app.call('memory_create', { content: 'one' });
    await app.close();
    mkdirSync(join(app.dataDir, 'memory', 'default', 'memory.sqlite-wal'), { recursive: true });
    const again = await openTestApp({ dataDir: app.dataDir });
    const failure = await failureOf(() => again.call('memory_create', { content: 'two' }));
    expect([failure.code, failure.message]).toEqual(['backend_unavailable', expect.stringContaining('memory.sqlite')]);
  });
});
