/** `migrate from-original` into a persona that is here already: nothing of either is lost, and nothing comes twice. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type OriginalRow, writeOriginalPersona } from '../support/original-data.ts';
import { runCommand } from '../support/run-command.ts';
import { filesIn, openTestStore, testFolder } from '../support/stores.ts';
import { binary, makeSurroundings, repositoryRoot } from '../support/surroundings.ts';

const env = (data: string) => ({ MEMORY_MCP_DATA_DIR: data, MEMORY_MCP_TIMEZONE: 'Asia/Tokyo' });
const run = (data: string, ...args: string[]) => runCommand(args, { env: env(data) });
const migrate = (data: string, ...args: string[]) => run(data, 'migrate', 'from-original', ...args);

async function call(data: string, operation: string, input: object) {
  const { out, code, err } = await run(data, 'call', operation, JSON.stringify(input), '--persona', '葵');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
}

const row = (key: string, content: string): OriginalRow => ({
  key,
  content,
  created_at: '2025-11-01T17:30:00',
  updated_at: '2025-11-01T17:30:00',
});

/** A data folder with a persona of ours, and one of the same name whose folder the original gave a broken name. */
async function dataFolderWithBoth(memories: readonly OriginalRow[], context = '{}') {
  const data = testFolder();
  const stored = await call(data, 'memory_create', { content: 'stored here first' });
  await call(data, 'update_context', { user_info: { name: 'アオイ' }, emotion: 'joy' });
  const folder = await writeOriginalPersona(data, Buffer.from('葵').toString('latin1'), {
    generation: '16 columns',
    memories,
    context,
  });
  return { data, folder, key: String(stored.key) };
}

const textsOf = ({ memories }: { memories: { content: string }[] }) => memories.map(({ content }) => content).sort();

describe('a persona that is here already', () => {
  it('keeps what it has, and gets the rest', async () => {
    const context = JSON.stringify({ user_info: { name: 'ユーザー', nickname: 'アオ' }, current_goals: '本を書く' });
    const { data, folder } = await dataFolderWithBoth([row('memory_20251101173000', '苺が好き')], context);
    const { code, out } = await migrate(data, '--apply', '--backup', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out).personas).toMatchObject([{ persona: '葵', in_place: true, imported: { added: 1 } }]);

    expect(textsOf(await call(data, 'memory_list', {}))).toEqual(['stored here first', '苺が好き']);
    // Of the context, what was said here counts.
    const now = await call(data, 'get_context', {});
    expect(now).toMatchObject({ user_info: { name: 'アオイ' }, state: { emotion: 'joy' } });
    expect(now.goals).toMatchObject([{ text: '本を書く', status: 'open' }]);

    expect(existsSync(folder)).toBe(false);
    const original = join(data, 'memory', '葵', 'original');
    expect(readdirSync(original).sort()).toEqual([
      'memory.sqlite',
      'migration.json',
      'persona_context.json',
      'vector_store',
    ]);
    expect(readdirSync(join(data, 'backups')).map((name) => name.replace(/-\d.*/, ''))).toEqual([
      'memory-backup',
      'original-葵',
    ]);
  });

  it('keeps its memory of the same key beside the other one', async () => {
    const data = testFolder();
    const { key } = await call(data, 'memory_create', { content: 'stored here first' });
    await writeOriginalPersona(data, Buffer.from('葵').toString('latin1'), {
      generation: '16 columns',
      memories: [row(String(key), '同じ秒の別の記憶')],
    });
    expect(await migrate(data, '--apply')).toMatchObject({ code: 0 });
    const { memories } = await call(data, 'memory_list', {});
    expect(textsOf({ memories })).toEqual(['stored here first', '同じ秒の別の記憶']);
    expect(new Set(memories.map((memory: { key: string }) => memory.key)).size).toBe(2);
  });

  it('cannot be taken apart again, and says what to do instead', async () => {
    const { data } = await dataFolderWithBoth([row('memory_20251101173000', '苺が好き')]);
    expect(await migrate(data, '--apply')).toMatchObject({ code: 0 });
    for (const flags of [['--undo'], ['--undo', '--force']]) {
      const { code, err } = await migrate(data, ...flags);
      expect({ code, err }).toEqual({
        code: 3,
        err: expect.stringMatching(/was here before the move.*Restore a backup/s),
      });
    }
    expect(textsOf(await call(data, 'memory_list', {}))).toHaveLength(2);
    expect(await migrate(data, '--finish')).toMatchObject({ code: 0 });
  });

  it('gets everything once, however often the move is killed', async () => {
    const memories = Array.from({ length: 300 }, (_, index) =>
      row(`memory_20251101${String(100_000 + index)}`, `記憶 ${index} of the original`),
    );
    const { data, folder } = await dataFolderWithBoth(memories);
    const originals = filesIn(folder);
    for (let patience = 100; existsSync(folder); patience += 100) {
      const { env: surroundings, remove } = makeSurroundings({ env: env(data) });
      const child = spawn(process.execPath, [binary, 'migrate', 'from-original', '--apply'], {
        cwd: repositoryRoot,
        env: surroundings,
        stdio: 'ignore',
      });
      const ended = once(child, 'exit');
      await Promise.race([delay(patience), ended]);
      child.kill('SIGKILL');
      await ended;
      remove();
    }
    await migrate(data, '--apply');
    const store = await openTestStore(join(data, 'memory', '葵', 'memory.sqlite'));
    onTestFinished(() => store.close());
    expect(store.memories.count({ deleted: 'include' })).toBe(301);
    const kept = filesIn(join(data, 'memory', '葵', 'original'));
    expect(kept.get('memory.sqlite')).toEqual(originals.get('memory.sqlite'));
    expect(readdirSync(join(data, 'memory', '葵')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

it('removes what a move before a restart left, even where another process has its number now', async () => {
  const data = testFolder();
  const folder = await writeOriginalPersona(data, 'default', {
    generation: '5 columns',
    memories: [row('memory_1', '一')],
  });
  const left = `move.${process.pid}-0123abcd.4567cdef.tmp`;
  mkdirSync(join(folder, left));
  expect(await migrate(data, '--apply')).toMatchObject({ code: 0 });
  expect(readdirSync(folder)).not.toContain(left);
});
