/** A move in place, its undo and its end, each killed before every single change that it makes to the file system. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { writeOriginalPersona } from '../support/original-data.ts';
import { runCommand } from '../support/run-command.ts';
import { filesIn, openTestStore, testFolder } from '../support/stores.ts';
import { repositoryRoot } from '../support/surroundings.ts';

// Some hundred runs of the program, one after the other.
vi.setConfig({ testTimeout: 600_000 });

const preload = join(repositoryRoot, 'test', 'support', 'killed-at-step.cjs');
const memories = ['一', '二', '三'].map((content, index) => ({
  key: `memory_2025110117300${index}`,
  content,
  created_at: '2025-11-01T17:30:00',
  updated_at: '2025-11-01T17:30:00',
}));

/** Names and checksums. */
function listFiles(data: string): string[] {
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  return [...filesIn(join(data, 'memory'))].map(([name, bytes]) => `${name} ${digest(bytes)}`).sort();
}

/** `folder` is where the original has persona 葵: under its own name, or as it broke it. */
async function prepare(folder: string) {
  const data = testFolder();
  // With the journal of a write that was killed.
  const files = { 'persona_context.json.backup': '{}', 'memory.sqlite-journal': 'not hot' };
  await writeOriginalPersona(data, folder, { generation: '16 columns', memories, context: '{}', files });
  const before = listFiles(data);
  const env = { MEMORY_MCP_DATA_DIR: data };
  const run = (...args: string[]) => runCommand(['migrate', 'from-original', ...args], { env });
  /** Undefined where it made fewer changes than that. */
  const killed = async (step: number, ...args: string[]) => {
    const { code } = await runCommand(['migrate', 'from-original', ...args], {
      env: { ...env, NODE_OPTIONS: `--require ${preload}`, KILL_BEFORE: String(step) },
    });
    return code === null;
  };
  return { data, before, run, killed };
}

async function countMemories(data: string): Promise<number> {
  const store = await openTestStore(join(data, 'memory', '葵', 'memory.sqlite'));
  const count = store.memories.count({ deleted: 'include' });
  await store.close();
  return count;
}

/** Each with every other step, which takes half the time. */
const folders = [
  { folder: '葵', first: 1 },
  { folder: Buffer.from('葵').toString('latin1'), first: 2 },
];

it.each(folders)('loses nothing of $folder when the move is killed at any step', async ({ folder, first }) => {
  const { data, before, run, killed } = await prepare(folder);
  let step = first;
  for (; await killed(step, '--apply', '--backup', '--force'); step += 2) {
    // The old files or the new database: never neither.
    const moved = existsSync(join(data, 'memory', '葵', 'original', 'memory.sqlite'));
    const there = listFiles(data);
    expect([step, moved || there.some((file) => file.startsWith(`${folder}/memory.sqlite `))]).toEqual([step, true]);

    expect([step, [0, 1].includes((await run('--apply', '--force')).code ?? -1)]).toEqual([step, true]);
    expect([step, await countMemories(data)]).toEqual([step, memories.length]);
    expect(await run('--undo')).toMatchObject({ code: 0 });
    expect([step, listFiles(data)]).toEqual([step, before]);
  }
  expect(step).toBeGreaterThan(10);
});

it.each(folders)('loses nothing of $folder when the undo is killed at any step', async ({ folder, first }) => {
  const { data, before, run, killed } = await prepare(folder);
  expect(await run('--apply', '--force')).toMatchObject({ code: 0 });
  let step = first;
  for (; await killed(step, '--undo'); step += 2) {
    // Goes on with the undo, and then has nothing to undo.
    expect([step, [0, 1].includes((await run('--undo')).code ?? -1)]).toEqual([step, true]);
    expect([step, listFiles(data)]).toEqual([step, before]);
    expect(await run('--apply', '--force')).toMatchObject({ code: 0 });
  }
  expect(step).toBeGreaterThan(5);
  expect(listFiles(data)).toEqual(before);
});

it('serves the persona when the end is killed at any step', async () => {
  const { data, run, killed } = await prepare('葵');
  expect(await run('--apply', '--force')).toMatchObject({ code: 0 });
  for (let step = 1; await killed(step, '--finish'); step++) {
    expect([step, await countMemories(data)]).toEqual([step, memories.length]);
  }
  expect(existsSync(join(data, 'memory', '葵', 'original'))).toBe(false);
  expect(await countMemories(data)).toBe(memories.length);
});
