/** `migrate` is killed in the middle, both ways, and run again: everything arrives, once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dataPaths, personaPaths } from '../../src/config/paths.ts';
import { makeFolder } from '../../src/files/make-folder.ts';
import { type MemoryStore, openMemoryStore } from '../../src/store/memory-store.ts';
import { filledSpace, fillStore } from '../support/filled-store.ts';
import { countPoints } from '../support/qdrant-requests.ts';
import { missingQdrantEngine, startQdrantServer } from '../support/qdrant-server.ts';
import { binary, makeSurroundings, repositoryRoot } from '../support/surroundings.ts';

const skip = missingQdrantEngine();
const count = 4_000;
const live = { deleted: 'include' } as const;

interface Migration {
  readonly child: ChildProcess;
  /** What it prints, when it has ended. */
  readonly printed: Promise<{ code: number | null; output: string }>;
}

function migrate(direction: string, env: Record<string, string>): Migration {
  const child = spawn(process.execPath, [binary, 'migrate', direction, '--json'], {
    cwd: repositoryRoot,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return { child, printed: once(child, 'close').then(() => ({ code: child.exitCode, output })) };
}

async function openPersona(dataDir: string): Promise<MemoryStore> {
  const { folder, database } = personaPaths(dataPaths(dataDir), 'default');
  makeFolder(folder);
  return openMemoryStore({ path: database, persona: 'default', busyTimeout: 5_000 });
}

describe.skipIf(skip !== undefined)(`kill -9 of a migration${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
  it('loses nothing: the next run goes on', async () => {
    const qdrant = await startQdrantServer();
    onTestFinished(() => qdrant.stop());
    const settings = { MEMORY_MCP_QDRANT_URL: qdrant.url };
    const [here, there] = [makeSurroundings({ env: settings }), makeSurroundings({ env: settings })];
    onTestFinished(() => {
      here.remove();
      there.remove();
    });
    const from = await openPersona(here.dataDir);
    onTestFinished(() => from.close());
    await fillStore(from, count);
    const vectors = from.vectors.count(filledSpace);

    const points = () => countPoints(qdrant.url, 'memory_default').catch(() => 0);
    const killed = migrate('sqlite-to-qdrant', here.env);
    while ((await points()) < 500) await sleep(5);
    killed.child.kill('SIGKILL');
    await killed.printed;
    const before = await points();
    expect(before).toBeLessThan(vectors);
    const second = await migrate('sqlite-to-qdrant', here.env).printed;
    expect(second.code).toBe(0);
    expect(JSON.parse(second.output)).toMatchObject({ vectors, after: vectors, before: before - 1, compared: 200 });

    const back = migrate('qdrant-to-sqlite', there.env);
    const to = await openPersona(there.dataDir);
    onTestFinished(() => to.close());
    while (to.memories.count(live) < 500) await sleep(5);
    back.child.kill('SIGKILL');
    await back.printed;
    const kept = to.memories.count(live);
    expect(kept).toBeLessThan(count);
    const again = await migrate('qdrant-to-sqlite', there.env).printed;
    expect(again.code).toBe(0);
    expect(JSON.parse(again.output)).toMatchObject({ added: count - kept, kept, updated: 0 });
    expect(to.memories.count(live)).toBe(count);
    expect(to.vectors.count(filledSpace)).toBe(vectors);
    const newest = { filter: live, order: 'newest', limit: 50 } as const;
    const withoutIds = (store: MemoryStore) => store.memories.list(newest).map(({ id, ...memory }) => memory);
    expect(withoutIds(to)).toEqual(withoutIds(from));
  }, 180_000);
});
