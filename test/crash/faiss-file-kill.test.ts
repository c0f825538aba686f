import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/core/logger.ts';
import { openFlatIndex } from '../../src/vector/flat-index.ts';
import { randomNumbers } from '../support/vectors.ts';
import { growingPlace, growingSpace, growingVector } from './growing-index.ts';

const writer = fileURLToPath(new URL('snapshot-writer.ts', import.meta.url));
let folder: string;
let file: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'memory-mcp-kill-'));
  file = join(folder, 'vector_store', 'index.faiss');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Starts a writer and waits for its first snapshot. */
async function startWriter(first: number) {
  const child = spawn(process.execPath, ['--import', 'tsx', writer, file, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let flushed = 0;
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    flushed = Number(line);
  });
  await once(lines, 'line');
  return { child, flushed: () => flushed };
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

/** Opens the file as the next process would, and returns its generation. */
async function expectWholeFile(): Promise<number> {
  const warnings: unknown[] = [];
  const index = await openFlatIndex({
    space: growingSpace,
    logger: { ...silentLogger, warn: (_, fields) => warnings.push(fields?.reason) },
    snapshot: growingPlace(file),
  });
  const generation = await index.appliedGeneration();
  expect(warnings).toEqual([]);
  expect(await index.size()).toBe(generation);
  for (const id of [1, generation]) {
    const [nearest] = await index.nearest(growingVector(id), 1);
    expect(nearest?.id).toBe(id);
  }
  await index.close();
  return generation;
}

describe('index.faiss', () => {
  it('is whole whenever its writer is killed', async () => {
    const random = randomNumbers(42);
    const leftovers: number[] = [];
    for (let round = 0; round < 12; round++) {
      const { child, flushed } = await startWriter(4000);
      await delay(random() * 60);
      await kill(child);
      leftovers.push((await readdir(dirname(file))).length - 1);
      expect(await expectWholeFile()).toBeGreaterThanOrEqual(flushed());
      expect(await readdir(dirname(file))).toEqual(['index.faiss']);
    }
    // If no writer was ever hit in the middle of a snapshot, this test has shown nothing.
    expect(Math.max(...leftovers)).toBeGreaterThan(0);
  });

  it('is whole for a reader while several processes replace it', async () => {
    const writers = await Promise.all([startWriter(500), startWriter(1500), startWriter(2500)]);
    const before = Math.max(...writers.map(({ flushed }) => flushed()));
    const generations: number[] = [];
    while (generations.length < 40) generations.push(await expectWholeFile());
    await Promise.all(writers.map(({ child }) => kill(child)));
    expect(Math.max(...writers.map(({ flushed }) => flushed()))).toBeGreaterThan(before);
    expect(new Set(generations).size).toBeGreaterThan(1);
    await expectWholeFile();
  });
});
