/** `migrate from-original` of the built program: on the original's own data folder, and from a copy of one. */
import { chownSync, existsSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openConnection } from '../../src/store/sqlite/connection.ts';
import { age, writeOriginalPersona } from '../support/original-data.ts';
import { writeOriginalDataFolder } from '../support/original-personas.ts';
import { runCommand } from '../support/run-command.ts';
import { spawnServer } from '../support/server.ts';
import { filesIn, testFolder } from '../support/stores.ts';

const quiet = { MEMORY_MCP_EMBEDDINGS_MODEL: 'none', MEMORY_MCP_RERANKER_MODEL: 'none', MEMORY_MCP_TIMEZONE: '' };

const run = (dataFolder: string, ...args: string[]) =>
  runCommand(args, { env: { MEMORY_MCP_DATA_DIR: dataFolder, ...quiet } });
const migrate = (dataFolder: string, ...args: string[]) => run(dataFolder, 'migrate', 'from-original', ...args);

/** The result of an operation, as its users get it. */
async function call(dataFolder: string, operation: string, input: object, persona = 'default') {
  const { out, err, code } = await run(dataFolder, 'call', operation, JSON.stringify(input), '--persona', persona);
  expect({ err, code }).toEqual({ err: '', code: 0 });
  return JSON.parse(out);
}

interface Persona {
  persona: string;
  memories: number;
  imported: { added: number; updated: number };
}

const memories = [
  {
    key: 'memory_20260601120000_000001_0a1b2c3d',
    content: '苺のアレルギーがある',
    created_at: '2026-06-01T12:00:00',
    updated_at: '2026-06-01T12:00:00',
    tags: '["food","health"]',
    importance: 0.9,
    emotion: 'fear',
    emotion_intensity: 0.4,
  },
  {
    key: 'memory_20260602120000_000001_0a1b2c3d',
    content: 'The cat is called Miso',
    created_at: '2026-06-02T12:00:00+09:00',
    updated_at: '2026-06-02T12:30:00+09:00',
    tags: '[]',
    body_state: '{"fatigue": 0.5}',
    access_count: 3,
  },
  {
    key: 'memory_20260603120000_000001_0a1b2c3d',
    content: '消した話',
    created_at: '2026-06-03T12:00:00',
    updated_at: '2026-06-04T12:00:00',
    lifecycle_status: 'tombstoned',
  },
];
const context = JSON.stringify({
  user_info: { name: '葵' },
  current_emotion: 'joy',
  last_conversation_time: '2026-06-04T12:00:00+09:00',
});

async function originalDataFolder() {
  const data = testFolder();
  const folder = await writeOriginalPersona(data, 'default', { generation: '24 columns', memories, context });
  return { data, folder };
}

describe('a copy of a data folder', () => {
  it('is read and not touched, and moving it again changes nothing', async () => {
    const [data, copy] = [testFolder(), testFolder()];
    await writeOriginalDataFolder(copy);
    const before = filesIn(copy);
    const first = await migrate(data, copy, '--apply', '--json');
    const { personas, failed } = JSON.parse(first.out);
    expect({ code: first.code, failed }).toEqual({ code: 0, failed: [] });
    expect(personas.map(({ persona, memories }: Persona) => [persona, memories])).toEqual([
      ['default', 4],
      ['nilou', 4],
      ['old', 1],
      ['sofia', 5],
      ['星', 3],
      ['葵', 3],
    ]);
    expect(filesIn(copy)).toEqual(before);
    expect((await call(data, 'memory_search', { query: '山が好き' }, '葵')).results[0].key).toBe(
      'memory_block_user_model',
    );

    const again = JSON.parse((await migrate(data, copy, '--apply', '--json')).out);
    expect(again.personas.map(({ imported }: Persona) => imported.added + imported.updated)).toEqual([
      0, 0, 0, 0, 0, 0,
    ]);
    expect((await call(data, 'get_context', {}, 'sofia')).total_memories).toBe(4);
    expect(existsSync(join(data, 'memory', 'sofia', 'original'))).toBe(false);
  });

  it('fails in one persona alone', async () => {
    const [data, copy] = [testFolder(), testFolder()];
    await writeOriginalDataFolder(copy);
    writeFileSync(join(copy, 'memory', 'nilou', 'memory.sqlite'), 'torn');
    const { out, code } = await migrate(data, copy, '--apply', '--json');
    const { personas, failed } = JSON.parse(out);
    expect(personas).toHaveLength(5);
    expect(failed).toMatchObject([{ persona: 'nilou', error: { code: 'corrupt' } }]);
    expect(code).toBe(1);
    expect(existsSync(join(data, 'memory', 'nilou'))).toBe(false);
  });
});

describe('a data folder of the original system', () => {
  it('is described and not touched without --apply', async () => {
    const { data } = await originalDataFolder();
    const before = filesIn(data);
    const { out, err, code } = await migrate(data);
    expect(code).toBe(0);
    expect(err).toContain('Nothing was changed. Add --apply to move.');
    expect(out).toContain('default: 3 memories, 1 of them deleted, 24 columns');
    expect(out).toContain("2 times without a zone, read as Asia/Tokyo (the original's default");
    expect(out).toContain('2026-06-01T12:00:00 there is 2026-06-01T03:00:00.000Z here');
    expect(out).toMatch(/kept as JSON .*: body_state \(1\)/);
    expect(filesIn(data)).toEqual(before);
  });

  it('is served after --apply, with its keys, times, tags and context', async () => {
    const { data, folder } = await originalDataFolder();
    const { code, out } = await migrate(data, '--apply');
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringContaining('moved: 3 added; 3 read back and the same'),
    });

    const found = await call(data, 'memory_search', { query: '苺' });
    expect(found.results).toMatchObject([
      {
        key: 'memory_20260601120000_000001_0a1b2c3d',
        content: '苺のアレルギーがある',
        created_at: '2026-06-01T03:00:00.000Z',
        tags: ['food', 'health'],
        importance: 0.9,
        emotion: 'fear',
      },
    ]);
    expect(await call(data, 'get_context', {})).toMatchObject({
      user_info: { name: '葵' },
      state: { emotion: 'joy' },
      total_memories: 2,
      recent: [
        { content: 'The cat is called Miso', created_at: '2026-06-02T03:00:00.000Z' },
        { content: '苺のアレルギーがある' },
      ],
    });
    const deleted = await call(data, 'memory_list', { deleted: 'only' });
    expect(deleted.memories).toMatchObject([{ content: '消した話' }]);
    const read = await call(data, 'memory_read', { keys: ['memory_20260602120000_000001_0a1b2c3d'], history: true });
    expect(read.memories).toMatchObject([{ access_count: 3, imported: { body_state: { fatigue: 0.5 } } }]);
    expect(readdirSync(join(folder, 'original')).sort()).toEqual([
      'memory.sqlite',
      'migration.json',
      'persona_context.json',
      'vector_store',
    ]);
  });

  it('is byte for byte as it was after --undo', async () => {
    const { data } = await originalDataFolder();
    const before = filesIn(join(data, 'memory'));
    expect(await migrate(data, '--apply')).toMatchObject({ code: 0 });
    expect(await migrate(data, '--undo')).toMatchObject({ code: 0, err: '' });
    expect(filesIn(join(data, 'memory'))).toEqual(before);
  });

  it('is moved in place where a link leads to it', async () => {
    const { data } = await originalDataFolder();
    const before = filesIn(join(data, 'memory'));
    const link = join(testFolder(), 'link');
    symlinkSync(data, link);
    expect(await migrate(link, '--apply')).toMatchObject({ code: 0 });
    expect((await call(link, 'get_context', {})).total_memories).toBe(2);
    expect(await migrate(link, '--undo')).toMatchObject({ code: 0 });
    expect(filesIn(join(data, 'memory'))).toEqual(before);
  });

  it('stays moved when the undo is refused, because a server has it open', async () => {
    const { data } = await originalDataFolder();
    expect(await migrate(data, '--apply')).toMatchObject({ code: 0 });
    const server = await spawnServer({ dataDir: data });
    await server.call('get_context');
    const { code, err } = await migrate(data, '--undo');
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('is open in another program') });
    await server.close();
    // The next command would end an undo that was interrupted. This one was not begun.
    expect(await migrate(data, '--finish')).toMatchObject({ code: 0 });
    expect((await call(data, 'get_context', {})).total_memories).toBe(2);
  });

  it('is named by a permanent deletion, until --finish', async () => {
    const { data } = await originalDataFolder();
    await migrate(data, '--apply');
    const [first, second] = memories.map(({ key }) => key);
    const receipt = await call(data, 'memory_delete', { keys: [first], permanent: true });
    expect(receipt).toMatchObject({ erased: 'pending', remaining: ['original/'] });
    await migrate(data, '--finish');
    expect(await call(data, 'memory_delete', { keys: [second], permanent: true })).toMatchObject({ erased: true });
  });

  it('is not taken back over what was stored since, unless that is backed up first', async () => {
    const { data } = await originalDataFolder();
    const before = filesIn(join(data, 'memory'));
    await migrate(data, '--apply');
    await call(data, 'memory_create', { content: 'stored after the move' });
    const refused = await migrate(data, '--undo');
    expect(refused).toMatchObject({ code: 3, err: expect.stringContaining('has changed since the move') });
    expect((await call(data, 'memory_search', { query: 'stored after' })).results).toHaveLength(1);
    const forced = await migrate(data, '--undo', '--force');
    expect(forced).toMatchObject({ code: 0, err: expect.stringMatching(/memory-backup-.*\.tar\.gz/) });
    expect(filesIn(join(data, 'memory'))).toEqual(before);
    expect(readdirSync(join(data, 'backups'))).toHaveLength(1);
  });

  it('is refused while a journal says that the original may still run', async () => {
    const data = testFolder();
    await writeOriginalPersona(data, 'default', { generation: '24 columns', memories, killed: true });
    const before = filesIn(join(data, 'memory'));
    const { code, err } = await migrate(data, '--apply');
    expect({ code, err }).toEqual({ code: 3, err: expect.stringContaining('memory.sqlite-wal lies beside') });
    expect(filesIn(join(data, 'memory'))).toEqual(before);
    expect(await migrate(data, '--apply', '--force')).toMatchObject({ code: 0 });
    expect((await call(data, 'get_context', {})).total_memories).toBe(2);
    expect(await migrate(data, '--undo')).toMatchObject({ code: 0 });
    expect(filesIn(join(data, 'memory'))).toEqual(before);
  });

  it('is moved in spite of a journal that nothing has had open for ten minutes, and not of one that is in use', async () => {
    const data = testFolder();
    const folder = await writeOriginalPersona(data, 'default', { generation: '24 columns', memories, killed: true });
    const before = filesIn(folder);
    const path = join(folder, 'memory.sqlite');
    age(data, 11);
    expect(await migrate(data, '--apply')).toMatchObject({ code: 0 });
    expect((await call(data, 'get_context', {})).total_memories).toBe(2);
    expect(await migrate(data, '--undo')).toMatchObject({ code: 0 });
    expect(filesIn(folder)).toEqual(before);

    const original = await openConnection({ path, busyTimeout: 1_000, queriesOnly: true });
    original.sql('SELECT count(*) FROM memories').get();
    age(data, 11);
    const { code, err } = await migrate(data, '--apply');
    expect({ code, err }).toEqual({
      code: 3,
      err: expect.stringContaining('memory.sqlite is open in another program'),
    });
    original.close();
  });

  it.skipIf(process.getuid?.() !== 0)(
    'belongs to the owner of the data folder when root moves it (needs root)',
    async () => {
      const { data } = await originalDataFolder();
      chownSync(data, 1000, 1000);
      expect(await migrate(data, '--apply')).toMatchObject({ code: 0 });
      const owners = readdirSync(join(data, 'memory', 'default'), { recursive: true, encoding: 'utf8' }).map(
        (name) => statSync(join(data, 'memory', 'default', name)).uid,
      );
      expect(new Set(owners)).toEqual(new Set([1000]));
    },
  );

  it('keeps nothing of the original after --finish', async () => {
    const { data, folder } = await originalDataFolder();
    await migrate(data, '--apply');
    expect(await migrate(data, '--finish')).toMatchObject({ code: 0 });
    expect(existsSync(join(folder, 'original'))).toBe(false);
    expect((await call(data, 'get_context', {})).total_memories).toBe(2);
    expect(await migrate(data, '--undo', '--persona', 'default')).toMatchObject({ code: 1 });
  });
});
