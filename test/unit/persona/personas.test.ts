/**
 * Many personas in one process, with real databases: each open once, never more than there are places, none in the way
 * of another.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dataPaths } from '../../../src/config/paths.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { disabledEmbedder } from '../../../src/model/disabled-embedder.ts';
import { disabledReranker } from '../../../src/model/models.ts';
import { createPersonas, type PersonasDeps } from '../../../src/persona/personas.ts';
import { createWorkspace, type Workspace } from '../../../src/persona/workspace.ts';
import { openMemoryStore } from '../../../src/store/memory-store.ts';
import { openFlatIndex } from '../../../src/vector/flat-index.ts';
import { gate } from '../../support/gate.ts';
import { until } from '../../support/until.ts';

interface Delays {
  /** Runs before the idle tasks of a workspace. */
  readonly beforeIdleTasks?: () => Promise<void>;
  /** Runs before a workspace is closed. */
  readonly beforeClose?: () => Promise<void>;
}

function openPersonas({ beforeIdleTasks, beforeClose, ...limits }: Partial<PersonasDeps> & Delays = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-personas-'));
  const clock = systemClock;
  const logger = silentLogger;
  /** How often each persona's files were open at the same time, at most. */
  const open = new Map<string, number>();
  const watched = { most: 0, together: 0 };
  const personas = createPersonas({
    paths: dataPaths(folder),
    clock,
    logger,
    ...limits,
    open: async (persona, where) => {
      if (where.exists) {
        open.set(persona, (open.get(persona) ?? 0) + 1);
        watched.together = Math.max(watched.together, open.get(persona) ?? 0);
        watched.most = Math.max(
          watched.most,
          [...open.values()].reduce((sum, count) => sum + count, 0),
        );
      }
      const path = where.exists ? where.paths.database : undefined;
      const store = await openMemoryStore({ path, persona, busyTimeout: 1_000 });
      const workspace = createWorkspace({
        persona,
        ...where,
        store,
        models: {
          embedder: disabledEmbedder,
          reranker: disabledReranker,
          embedderFor: () => undefined,
          inference: () => ({ process: 'own' }),
          warm: () => {},
        },
        openIndex: (space, snapshot) => openFlatIndex({ space, snapshot, logger }),
        room: { with: (_, work) => work(), keepReserve: async () => {} },
        snapshotRule: () => ({ mode: 'idle', idle_seconds: 30, min_interval: 120 }),
        clock,
        logger,
        process: 'test',
      });
      return {
        ...workspace,
        async runIdleTasks(idle) {
          await beforeIdleTasks?.();
          return workspace.runIdleTasks(idle);
        },
        async close() {
          // Closing takes its time, as it does when an index is written.
          await (beforeClose?.() ?? delay(5));
          await workspace.close();
          if (where.exists) open.set(persona, (open.get(persona) ?? 0) - 1);
        },
      };
    },
  });
  onTestFinished(async () => {
    await personas.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { personas, folder, watched, open };
}

const storeId = async ({ store }: Workspace) => store.identity().storeId;

describe('personas', () => {
  it('are opened once for many concurrent calls', async () => {
    const { personas, watched } = openPersonas();
    const ids = await Promise.all(Array.from({ length: 50 }, () => personas.use('葵', 'write', storeId)));
    expect(new Set(ids).size).toBe(1);
    expect(watched.together).toBe(1);
  });

  it('are never open in greater number than there are places, and all are served', async () => {
    const { personas, watched } = openPersonas({ maximumOpen: 3 });
    const names = Array.from({ length: 12 }, (_, index) => `persona${index}`);
    const calls = Array.from({ length: 120 }, (_, index) => names[(index * 7) % names.length] ?? '');
    const seen = new Map<string, Set<string>>();
    await Promise.all(
      calls.map(async (name) => {
        const id = await personas.use(name, 'write', async (workspace) => {
          expect(workspace.persona).toBe(name);
          await delay(1);
          return storeId(workspace);
        });
        seen.set(name, (seen.get(name) ?? new Set()).add(id));
      }),
    );
    expect(watched.most).toBeLessThanOrEqual(3);
    expect(watched.together).toBe(1);
    expect(personas.openCount()).toBeLessThanOrEqual(3);
    expect([...seen.values()].map((ids) => ids.size)).toEqual(names.map(() => 1));
  });

  it('make room by the one that was used longest ago', async () => {
    const { personas, open } = openPersonas({ maximumOpen: 2 });
    for (const name of ['a', 'b', 'a', 'c']) await personas.use(name, 'write', storeId);
    expect([open.get('a'), open.get('b'), open.get('c')]).toEqual([1, 0, 1]);
  });

  it('wait for a place while all are in use, and get it', async () => {
    const { personas } = openPersonas({ maximumOpen: 1 });
    const order: string[] = [];
    let letGo = () => {};
    const asked = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const first = personas.use('a', 'write', async () => {
      await asked;
      order.push('a');
    });
    const second = personas.use('b', 'write', async () => void order.push('b'));
    letGo();
    await Promise.all([first, second]);
    expect(order).toEqual(['a', 'b']);
  });

  it('give their place back when they cannot be opened', async () => {
    const { personas, folder } = openPersonas({ maximumOpen: 1 });
    mkdirSync(join(folder, 'memory', 'foreign'), { recursive: true });
    writeFileSync(join(folder, 'memory', 'foreign', 'memory.sqlite'), 'the file of another program');
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(personas.use('foreign', 'write', storeId)).rejects.toMatchObject({ code: 'conflict' });
    }
    expect(personas.openCount()).toBe(0);
    expect(await personas.use('a', 'write', storeId)).toBeTypeOf('string');
  });

  it('are closed after a long idle time, and opened again when needed', async () => {
    const { personas, open } = openPersonas({ closeAfterMilliseconds: 30, idleTaskMilliseconds: 10 });
    const id = await personas.use('葵', 'write', storeId);
    await until(() => open.get('葵') === 0, 'it is closed');
    expect([open.get('葵'), personas.openCount()]).toEqual([0, 0]);
    expect(await personas.use('葵', 'read', storeId)).toBe(id);
  });

  it('stay open for as long as they are used', async () => {
    const { personas } = openPersonas({ closeAfterMilliseconds: 10, idleTaskMilliseconds: 5 });
    await personas.use('葵', 'write', async (workspace) => {
      // Ten times as long as an idle one stays open.
      await delay(100);
      await storeId(workspace);
    });
  });

  it('are not closed by idle tasks that began before a call came in', async () => {
    const idleTasks = gate();
    const { personas, open } = openPersonas({
      closeAfterMilliseconds: 0,
      idleTaskMilliseconds: 1,
      beforeIdleTasks: () => idleTasks.pass(),
    });
    const id = await personas.use('葵', 'write', storeId);
    await until(() => idleTasks.waiting() > 0, 'the idle tasks run');
    await personas.use('葵', 'read', async (workspace) => {
      idleTasks.open();
      // Longer than closing would take.
      await delay(50);
      expect([await storeId(workspace), open.get('葵')]).toEqual([id, 1]);
    });
  });

  it('are not opened again while their closing still writes', async () => {
    const closing = gate();
    const { personas, watched } = openPersonas({
      closeAfterMilliseconds: 0,
      idleTaskMilliseconds: 1,
      beforeClose: () => closing.pass(),
    });
    const id = await personas.use('葵', 'write', storeId);
    await until(() => closing.waiting() > 0, 'it is being closed');
    const again = personas.use('葵', 'read', storeId);
    await delay(20);
    closing.open();
    expect(await again).toBe(id);
    expect(watched.together).toBe(1);
  });

  it('are opened again when their files are deleted or replaced', async () => {
    const { personas, folder } = openPersonas();
    const first = await personas.use('葵', 'write', storeId);
    rmSync(join(folder, 'memory', '葵'), { recursive: true });
    const second = await personas.use('葵', 'write', storeId);
    expect(second).not.toBe(first);
    expect(existsSync(join(folder, 'memory', '葵', 'memory.sqlite'))).toBe(true);
    expect(await personas.use('葵', 'read', storeId)).toBe(second);
  });

  it('leave nothing behind when one that does not exist is read, and know nothing of each other', async () => {
    const { personas, folder } = openPersonas();
    const ids = [];
    for (const name of ['nobody', 'none', 'nobody']) {
      ids.push(
        await personas.use(name, 'read', async (workspace) => {
          workspace.activity.recordRead('get_context', [], { readOnly: false });
          expect([workspace.exists, workspace.persona]).toEqual([false, name]);
          return storeId(workspace);
        }),
      );
    }
    expect(new Set(ids).size).toBe(3);
    expect(existsSync(join(folder, 'memory')) ? readdirSync(join(folder, 'memory')) : []).toEqual([]);
  });
});
