import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import type { VectorChange } from '../../../src/core/vector.ts';
import { openFaissIndex } from '../../../src/vector/faiss-index.ts';
import { openFlatIndex } from '../../../src/vector/flat-index.ts';
import type { LocalIndexDeps } from '../../../src/vector/local-index.ts';
import { missingFaissNode } from '../../support/faiss-node.ts';
import { clusteredVectors } from '../../support/vectors.ts';

const space = { id: 'faiss@1', dimensions: 64 };
let folder: string;
let parts: LocalIndexDeps & { snapshot: NonNullable<LocalIndexDeps['snapshot']> };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'memory-mcp-faiss-index-'));
  const file = join(folder, 'vector_store', 'index.faiss');
  parts = { space, logger: silentLogger, snapshot: { file, epoch: 'epoch', tagOf: (at) => `tag-${at}` } };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function puts(from: number, count: number, next: () => Float32Array): VectorChange[] {
  // The memory is of no interest to an index of this process.
  const memory = {} as Extract<VectorChange, { op: 'put' }>['memory'];
  return Array.from({ length: count }, (_, at) => ({
    op: 'put' as const,
    id: from + at,
    key: '',
    chunk: 0,
    vector: next(),
    memory,
  }));
}

const skip = await missingFaissNode();

describe.skipIf(skip !== undefined)(`the faiss index${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
  it('gives the answers of the flat index, from the same file', async () => {
    const next = clusteredVectors({ dimensions: space.dimensions, topics: 20, seed: 12 });
    const faiss = await openFaissIndex(parts);
    await faiss.apply(puts(1, 3000, next), 3000);
    await faiss.apply([...puts(100, 50, next), ...puts(5000, 50, next)], 3100);
    await faiss.flush();
    const flat = await openFlatIndex(parts);
    const reopened = await openFaissIndex(parts);
    expect(await flat.appliedGeneration()).toBe(3100);
    expect(await reopened.size()).toBe(3050);

    const allowed = new Set(Array.from({ length: 900 }, (_, at) => 3 * at + 1));
    const filter = { predicate: { deleted: 'exclude' as const }, ids: () => allowed };
    for (let round = 0; round < 20; round++) {
      const query = next();
      const answer = await flat.nearest(query, 10);
      expect(await faiss.nearest(query, 10)).toEqual(answer);
      expect(await reopened.nearest(query, 10)).toEqual(answer);
      expect(await faiss.nearest(query, 10, filter)).toEqual(await flat.nearest(query, 10, filter));
    }
  });

  it('follows the removal of more vectors than FAISS is asked to remove at once', async () => {
    const next = clusteredVectors({ dimensions: space.dimensions, topics: 5, seed: 13 });
    const faiss = await openFaissIndex(parts);
    await faiss.apply(puts(1, 5000, next), 5000);
    const drops: VectorChange[] = Array.from({ length: 4000 }, (_, at) => ({
      op: 'drop',
      id: at + 1,
      key: '',
      chunk: 0,
    }));
    await faiss.apply(drops, 9000);
    expect(await faiss.size()).toBe(1000);
    const found = await faiss.nearest(next(), 20);
    expect(found).toHaveLength(20);
    expect(found.every(({ id }) => id > 4000)).toBe(true);
  });

  it('leaves no file behind', async () => {
    const next = clusteredVectors({ dimensions: space.dimensions, topics: 5, seed: 14 });
    const faiss = await openFaissIndex(parts);
    await faiss.apply(puts(1, 10, next), 1);
    await faiss.apply(puts(5, 10, next), 2);
    expect(await readdir(join(folder, 'vector_store'))).toEqual([]);
    await faiss.flush();
    expect(await readdir(join(folder, 'vector_store'))).toEqual(['index.faiss']);
  });

  it('asks for a rebuild when vectors cannot be handed over', async () => {
    const next = clusteredVectors({ dimensions: space.dimensions, topics: 5, seed: 15 });
    await writeFile(join(folder, 'vector_store'), 'in the way');
    const faiss = await openFaissIndex(parts);
    await expect(faiss.apply(puts(1, 10, next), 1)).rejects.toMatchObject({ code: 'backend_unavailable' });
    expect(await faiss.appliedGeneration()).toBe(0);
    expect(await faiss.size()).toBe(0);

    await rm(join(folder, 'vector_store'));
    await mkdir(join(folder, 'vector_store'));
    await faiss.apply(puts(1, 10, next), 1);
    expect(await faiss.nearest(next(), 3)).toHaveLength(3);
  });

  it('keeps the environment as it was', async () => {
    const before = process.env.OMP_NUM_THREADS;
    await openFaissIndex(parts);
    expect(process.env.OMP_NUM_THREADS).toBe(before);
  });
});

describe('without faiss-node', () => {
  it('says how to get it', async () => {
    const load = () => Promise.reject(new Error("Cannot find package 'faiss-node'"));
    await expect(openFaissIndex({ ...parts, load })).rejects.toMatchObject({
      code: 'backend_unavailable',
      hint: expect.stringContaining('npm rebuild faiss-node'),
    });
  });
});
