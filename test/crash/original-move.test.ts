/** A move in place that is killed at any moment, and run again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { writeOriginalPersona } from '../support/original-data.ts';
import { runCommand } from '../support/run-command.ts';
import { filesIn, openTestStore, testFolder } from '../support/stores.ts';
import { binary, makeSurroundings, repositoryRoot } from '../support/surroundings.ts';

/** MEMORY_MCP_TEST_KILLS=50 for a longer run. */
const kills = Number(process.env.MEMORY_MCP_TEST_KILLS ?? 8);
const count = 400;

const memories = Array.from({ length: count }, (_, index) => ({
  key: `memory_20251101${String(100_000 + index)}`,
  content: `記憶 ${index} of the original`,
  created_at: '2025-11-01T17:30:00',
  updated_at: '2025-11-01T17:30:00',
  tags: '["one"]',
}));

it('is completed by the next run, or taken back by it, and can be undone byte for byte', async () => {
  const data = testFolder();
  const files = { 'persona_context.json.backup': '{}', 'knowledge_graph.html': '<p>' };
  await writeOriginalPersona(data, 'default', { generation: '16 columns', memories, context: '{}', files });
  const before = filesIn(join(data, 'memory'));
  const env = { MEMORY_MCP_DATA_DIR: data };
  const run = (...args: string[]) => runCommand(['migrate', 'from-original', ...args], { env });
  const started = performance.now();
  expect(await run('--apply')).toMatchObject({ code: 0 });
  const whole = performance.now() - started;
  expect(await run('--undo')).toMatchObject({ code: 0 });
  expect(filesIn(join(data, 'memory'))).toEqual(before);

  for (let kill = 0; kill < kills; kill++) {
    // Spread over the whole run, of a move and of its undo by turns.
    const undoes = kill % 2 === 1;
    if (undoes) expect(await run('--apply')).toMatchObject({ code: 0 });
    const { env: surroundings, remove } = makeSurroundings({ env });
    const child = spawn(process.execPath, [binary, 'migrate', 'from-original', undoes ? '--undo' : '--apply'], {
      cwd: repositoryRoot,
      env: surroundings,
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    await delay((whole * (kill + 1)) / kills);
    child.kill('SIGKILL');
    await ended;
    remove();

    // Completes or takes back what was interrupted. Nothing is left to move where it was complete already.
    const again = await run('--apply');
    expect([0, 1]).toContain(again.code);
    if (again.code === 1) expect(again.err).toContain('There is no persona of the original system');
    const store = await openTestStore(join(data, 'memory', 'default', 'memory.sqlite'));
    expect(store.memories.count({ deleted: 'include' })).toBe(count);
    await store.close();
    expect(await run('--undo')).toMatchObject({ code: 0 });
    expect(filesIn(join(data, 'memory'))).toEqual(before);
  }
});
