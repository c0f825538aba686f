/** Opening a file: new, ours, somebody else's, newer, damaged, or not to be written. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../../src/store/memory-store.ts';
import { openConnection } from '../../../src/store/sqlite/connection.ts';
import { foreignFiles } from '../../support/originals.ts';
import { draft, failureOf, filesIn, live, openTestStore, testFolder } from '../../support/stores.ts';

const open = (path: string) => openMemoryStore({ path, persona: '葵', busyTimeout: 1_000 });

describe('a file that is not ours', () => {
  it.each(Object.entries(foreignFiles))('is left untouched and named: %s', async (_, write) => {
    const folder = testFolder();
    const path = join(folder, 'memory.sqlite');
    await write(path);
    const before = filesIn(folder);
    const failure = await failureOf(() => open(path));
    expect(failure.code).toBe('conflict');
    expect(failure.message).toContain('persona "葵"');
    expect(failure.hint).toContain('memory-mcp migrate from-original --persona 葵');
    expect(filesIn(folder)).toEqual(before);
  });
});

describe('a file of a newer version', () => {
  async function newerFile({ inWal }: { inWal: boolean }) {
    const folder = testFolder();
    const path = join(folder, 'memory.sqlite');
    const store = await openTestStore(path);
    await store.memories.create(draft('from the future'));
    const newer = await openConnection({ path, busyTimeout: 1_000 });
    newer.pragma('user_version = 99');
    if (!inWal) newer.emptyWal();
    newer.close();
    return { folder, path, store };
  }

  it('is refused before a byte of it changes, naming the upgrade', async () => {
    const { folder, path, store } = await newerFile({ inWal: false });
    await store.close();
    const before = filesIn(folder);
    const failure = await failureOf(() => open(path));
    expect([failure.code, failure.message]).toEqual(['conflict', expect.stringContaining('schema 99')]);
    expect(failure.hint).toContain('memory-mcp@latest');
    expect(filesIn(folder)).toEqual(before);
  });

  it('is refused also while its mark is still in the WAL', async () => {
    const { path } = await newerFile({ inWal: true });
    expect(readFileSync(path).readUInt32BE(60)).not.toBe(99);
    expect((await failureOf(() => open(path))).message).toContain('schema 99');
  });
});

it('a file from before memories knew when things happened learns it and keeps everything', async () => {
  const path = join(testFolder(), 'memory.sqlite');
  const store = await open(path);
  const { memory } = await store.memories.create(draft('one', { tags: ['a'] }));
  await store.memories.update(memory.key, { content: 'one, corrected' }, { now: memory.created_at });
  const before = store.memories.read(memory.key);
  await store.close();
  const older = await openConnection({ path, busyTimeout: 1_000 });
  older.execute(`
    DROP INDEX memories_by_time;
    ALTER TABLE memories DROP COLUMN occurred_at;
    CREATE INDEX memories_by_created_at ON memories (created_at);
    PRAGMA user_version = 4;
  `);
  older.close();
  const newer = await openTestStore(path);
  expect(newer.memories.read(memory.key)).toEqual(before);
  await newer.memories.update(memory.key, { occurred_at: '2023-03-05T00:00:00.000Z' }, { now: memory.created_at });
  const filter = { ...live, happenedBefore: '2024-01-01T00:00:00.000Z' };
  expect(newer.memories.list({ filter, order: 'newest', limit: 9 })).toMatchObject([{ key: memory.key, version: 3 }]);
  expect(newer.memories.versions(memory.key).map(({ fields }) => fields.content)).toEqual(['one', 'one, corrected']);
});

describe('what a crash at the very beginning leaves', () => {
  it('is an empty file, which becomes a store', async () => {
    const path = join(testFolder(), 'memory.sqlite');
    writeFileSync(path, '');
    const store = await openTestStore(path);
    await store.memories.create(draft('one'));
    expect(readFileSync(path).readUInt32BE(68)).toBe(0x4d4d4350);
  });

  it('is a marked file without tables, which becomes a store', async () => {
    const path = join(testFolder(), 'memory.sqlite');
    (await openConnection({ path, busyTimeout: 100 })).close();
    const store = await openTestStore(path);
    expect((await store.memories.create(draft('one'))).created).toBe(true);
  });
});

it('a store keeps its name, and everything in it, when it is opened again', async () => {
  const path = join(testFolder(), 'memory.sqlite');
  const first = await open(path);
  const { memory } = await first.memories.create(draft('one', { tags: ['a'] }));
  const identity = first.identity();
  await first.close();
  const second = await openTestStore(path);
  expect(second.identity()).toEqual(identity);
  expect(second.memories.read(memory.key)).toEqual(memory);
  expect((await openTestStore()).identity().storeId).not.toBe(identity.storeId);
});

describe('a damaged file', () => {
  async function damagedFile(damage: (bytes: Buffer) => Buffer) {
    const folder = testFolder();
    const whole = join(folder, 'whole.sqlite');
    const store = await open(whole);
    for (let index = 0; index < 50; index++) await store.memories.create(draft(`memory ${index} ${'x'.repeat(500)}`));
    await store.close();
    const path = join(folder, 'memory.sqlite');
    copyFileSync(whole, path);
    writeFileSync(path, damage(readFileSync(path)));
    return path;
  }

  it.each([
    ['cut in the middle', (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length / 2))],
    [
      'noise behind the first page',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 4_096), Buffer.alloc(bytes.length, 0xa5)]),
    ],
  ])('is called damaged, with the next step: %s', async (_, damage) => {
    const path = await damagedFile(damage);
    const failure = await failureOf(async () => {
      const store = await openTestStore(path);
      store.memories.list({ filter: live, order: 'oldest', limit: 100 });
      store.memories.count({ ...live, minImportance: 0.1 });
      await store.memories.create(draft('new'));
    });
    expect([failure.code, failure.message]).toEqual(['corrupt', expect.stringContaining(path)]);
    expect(failure.hint).toContain('backup');
  });
});

describe('a place that cannot be used', () => {
  it('is named: a folder in place of the file', async () => {
    const path = join(testFolder(), 'memory.sqlite');
    mkdirSync(path);
    const failure = await failureOf(() => open(path));
    expect([failure.code, failure.message]).toEqual(['backend_unavailable', expect.stringContaining(path)]);
  });

  it('is named: a folder that is gone', async () => {
    const failure = await failureOf(() => open(join(testFolder(), 'nowhere', 'memory.sqlite')));
    expect(failure.code).toBe('backend_unavailable');
    expect(failure.hint).toContain('folder');
  });

  // The superuser may write everywhere, so the test becomes somebody else for a moment.
  const asNobody = process.platform === 'linux' || process.getuid?.() !== 0;
  it.skipIf(!asNobody).each(['new', 'existing'])(
    'is named: a folder that may only be read, for a %s store',
    async (kind) => {
      const folder = testFolder();
      const path = join(folder, 'memory.sqlite');
      if (kind === 'existing') await (await open(path)).close();
      chmodSync(folder, 0o555);
      chmodSync(dirname(folder), 0o777 | 0o1000);
      if (kind === 'existing') chmodSync(path, 0o444);
      const user = process.geteuid?.();
      if (user === 0) process.seteuid?.(65_534);
      try {
        const failure = await failureOf(() => open(path));
        expect(failure.code).toBe('backend_unavailable');
        expect(failure.message).toContain(path);
        expect(failure.hint).toContain('writable');
      } finally {
        if (user === 0) process.seteuid?.(0);
        chmodSync(folder, 0o755);
      }
    },
  );
});

it('eight processes that open and write a new store at the same moment all succeed', async () => {
  const path = join(testFolder(), 'memory.sqlite');
  const writer = fileURLToPath(new URL('../../support/store-writer.ts', import.meta.url));
  const children = Array.from({ length: 8 }, (_, index) =>
    spawn(process.execPath, ['--import', 'tsx', writer, path, `process ${index}`, '10'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  const ends = children.map((child) => once(child, 'exit'));
  for (const child of children) child.stdin.end('go\n');
  expect((await Promise.all(ends)).map(([code]) => code)).toEqual(children.map(() => 0));

  const store = await openTestStore(path);
  const memories = store.memories.list({ filter: live, order: 'oldest', limit: 1_000 });
  expect(memories).toHaveLength(80);
  expect(new Set(memories.map(({ key }) => key)).size).toBe(80);
  expect(store.fullText.statistics().count).toBe(80);
});
