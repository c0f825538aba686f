/**
 * What every VectorIndex keeps true, whatever it is made of. A driver's own test file calls `describeVectorIndex` with a
 * way to open it; scores may differ from the true cosine by what float32 cannot tell apart.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Memory } from '../../src/core/memory.ts';
import type { Ranked, VectorChange, VectorFilter, VectorId, VectorSpace } from '../../src/core/vector.ts';
import type { VectorIndex } from '../../src/vector/vector-index.ts';
import { clusteredVectors, randomNumbers, randomUnitVector } from '../support/vectors.ts';

export interface VectorIndexHarness {
  /** Opens the index of one store. Opened again after `close` it is the same one, as far as it was flushed. */
  open(space: VectorSpace): Promise<VectorIndex>;
  dispose(): Promise<void>;
}

export interface VectorIndexSuiteOptions {
  /** Why this driver cannot be tested here. */
  readonly skip?: string | undefined;
  /** Random sequences to try. */
  readonly runs?: number;
}

const tolerance = 1e-5;
const space: VectorSpace = { id: 'contract@1#model.onnx#fp32#mean#none#256', dimensions: 8 };

export function describeVectorIndex(
  name: string,
  createHarness: () => Promise<VectorIndexHarness>,
  { skip, runs = 60 }: VectorIndexSuiteOptions = {},
): void {
  describe.skipIf(skip !== undefined)(`${name}${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
    let harness: VectorIndexHarness;
    let index: VectorIndex;

    beforeEach(async () => {
      harness = await createHarness();
      index = await harness.open(space);
    });
    afterEach(async () => {
      await index.close();
      await harness.dispose();
    });

    async function reopen(as: VectorSpace = space): Promise<void> {
      await index.close();
      index = await harness.open(as);
    }

    it('is empty at first, and finds nothing', async () => {
      expect(await index.size()).toBe(0);
      expect(await index.appliedGeneration()).toBe(0);
      expect(await index.nearest(axis(0), 10)).toEqual([]);
      expect(index.space).toEqual(space);
      expect(index.engine).not.toBe('');
    });

    it('finds what was put, best first, with the cosine as score', async () => {
      await index.apply([put(1, axis(0)), put(2, between(0, 1)), put(3, axis(1)), put(4, opposite(0))], 4);

      const found = await index.nearest(axis(0), 10);
      expect(idsOf(found)).toEqual([1, 2, 3, 4]);
      expect(found[0]?.score).toBeCloseTo(1, 5);
      expect(found[1]?.score).toBeCloseTo(Math.SQRT1_2, 5);
      expect(found[2]?.score).toBeCloseTo(0, 5);
      expect(found[3]?.score).toBeCloseTo(-1, 5);
      expect(await index.size()).toBe(4);
      expect(await index.appliedGeneration()).toBe(4);
    });

    it('takes a query of any length', async () => {
      await index.apply([put(1, axis(0))], 1);
      const [hit] = await index.nearest(
        Float32Array.from(axis(0), (value) => value * 40),
        1,
      );
      expect(hit?.score).toBeCloseTo(1, 5);
    });

    it('keeps the last vector that was put under an id', async () => {
      await index.apply([put(1, axis(0)), put(2, axis(1))], 2);
      await index.apply([put(1, axis(2))], 3);

      expect(idsOf(await index.nearest(axis(2), 1))).toEqual([1]);
      expect((await index.nearest(axis(0), 10)).every(({ score }) => Math.abs(score) < tolerance)).toBe(true);
      expect(await index.size()).toBe(2);
    });

    it('does not find what was dropped', async () => {
      await index.apply([put(1, axis(0)), put(2, axis(1)), put(3, axis(2))], 3);
      await index.apply([drop(1)], 4);

      expect(idsOf(await index.nearest(axis(0), 10)).sort()).toEqual([2, 3]);
      expect(await index.size()).toBe(2);
      await index.apply([drop(2), drop(3)], 6);
      expect(await index.nearest(axis(0), 10)).toEqual([]);
      expect(await index.size()).toBe(0);
    });

    it('takes the drop of an unknown id as done', async () => {
      await index.apply([put(1, axis(0))], 1);
      await index.apply([drop(99)], 2);
      expect(idsOf(await index.nearest(axis(0), 10))).toEqual([1]);
      expect(await index.appliedGeneration()).toBe(2);
    });

    it('follows puts and drops of one id within one batch', async () => {
      await index.apply([put(1, axis(0)), drop(1), put(1, axis(1)), put(2, axis(0)), drop(2), put(3, axis(3))], 6);
      expect(idsOf(await index.nearest(axis(1), 1))).toEqual([1]);
      await index.apply([drop(1), put(1, axis(2)), drop(3)], 9);
      expect(idsOf(await index.nearest(axis(2), 10))).toEqual([1]);
      expect(await index.size()).toBe(1);
    });

    it('is the same after a batch that was applied twice', async () => {
      const changes = [put(1, axis(0)), put(2, axis(1)), drop(1), put(3, between(0, 1)), payload(3)];
      await index.apply(changes, 5);
      const once = await index.nearest(axis(0), 10);
      await index.apply(changes, 5);

      expect(await index.nearest(axis(0), 10)).toEqual(once);
      expect(await index.size()).toBe(2);
      expect(await index.appliedGeneration()).toBe(5);
    });

    it('keeps its vectors when only the fields of a memory change', async () => {
      await index.apply([put(1, axis(0))], 1);
      await index.apply([payload(1), payload(77)], 3);
      expect(idsOf(await index.nearest(axis(0), 10))).toEqual([1]);
      expect(await index.appliedGeneration()).toBe(3);
    });

    it('takes an empty batch', async () => {
      await index.apply([], 7);
      expect(await index.appliedGeneration()).toBe(7);
      expect(await index.nearest(axis(0), 1)).toEqual([]);
    });

    it('returns no more than the limit and no more than there are', async () => {
      await index.apply(
        [1, 2, 3, 4, 5].map((id) => put(id, axis(id))),
        5,
      );
      for (const [limit, length] of [
        [0, 0],
        [-1, 0],
        [1, 1],
        [5, 5],
        [6, 5],
        [1_000_000, 5],
      ] as const) {
        expect(await index.nearest(axis(1), limit)).toHaveLength(length);
      }
    });

    it('orders equal scores by ascending id, at the cut too', async () => {
      const ids = [50, 3, 41, 7, 12, 30, 1, 99, 64, 5];
      await index.apply([...ids.map((id) => put(id, axis(0))), put(2, axis(1)), put(1000, between(0, 1))], 12);
      const ascending = [...ids].sort((a, b) => a - b);

      expect(idsOf(await index.nearest(axis(0), 10))).toEqual(ascending);
      expect(idsOf(await index.nearest(axis(0), 4))).toEqual(ascending.slice(0, 4));
      expect(idsOf(await index.nearest(axis(0), 12))).toEqual([...ascending, 1000, 2]);
      await index.apply([drop(3), put(4, axis(0))], 14);
      expect(idsOf(await index.nearest(axis(0), 3))).toEqual([1, 4, 5]);
    });

    it('orders more equal scores than anybody would fetch by ascending id', async () => {
      const ids = Array.from({ length: 150 }, (_, at) => ((at * 67) % 151) + 1);
      const others = Array.from({ length: 150 }, (_, at) => put(1000 + at, axis(1 + (at % 5))));
      await index.apply([...ids.map((id) => put(id, axis(0))), ...others], 300);
      const ascending = ids.toSorted((a, b) => a - b);

      expect(idsOf(await index.nearest(axis(0), 4))).toEqual(ascending.slice(0, 4));
      expect(idsOf(await index.nearest(axis(0), 60))).toEqual(ascending.slice(0, 60));
    });

    it('finds only what the filter allows, even very few', async () => {
      const random = randomNumbers(11);
      const vectors = new Map<VectorId, Float32Array>();
      for (let id = 1; id <= 500; id++) vectors.set(id, randomUnitVector(random, space.dimensions));
      const query = randomUnitVector(random, space.dimensions);
      const worstFirst = idsOf(bruteForce(vectors, query)).reverse();
      for (const allowedCount of [0, 1, 3, 60, 250, 500]) {
        const allowed = new Set(worstFirst.slice(0, allowedCount));
        await index.apply(
          [...vectors].map(([id, vector]) => put(id, vector, allowed.has(id) ? ['kept'] : [])),
          500,
        );
        const found = await index.nearest(query, 10, allowing(allowed));
        expectNearest(found, onlyThe(allowed, vectors), query, 10);
      }
    });

    it('takes a filter that can be asked but not listed', async () => {
      await index.apply([put(1, axis(0)), put(2, between(0, 1), ['kept']), put(3, axis(1), ['kept'])], 3);
      const filter: VectorFilter = {
        predicate: { tags: ['kept'], deleted: 'exclude' },
        ids: () => ({ has: (id) => id !== 1, size: Number.POSITIVE_INFINITY }),
      };
      expect(idsOf(await index.nearest(axis(0), 10, filter))).toEqual([2, 3]);
    });

    it('ignores ids of a filter that it does not hold', async () => {
      await index.apply([put(1, axis(0), ['kept']), put(2, axis(0))], 2);
      expect(idsOf(await index.nearest(axis(0), 10, allowing(new Set([1, 500, 501]))))).toEqual([1]);
    });

    it.each([
      ['of another dimension', new Float32Array([1, 0, 0])],
      ['without numbers', new Float32Array(0)],
      ['of zeros', new Float32Array(8)],
      ['with NaN', Float32Array.of(1, Number.NaN, 0, 0, 0, 0, 0, 0)],
      ['with infinity', Float32Array.of(1, Number.POSITIVE_INFINITY, 0, 0, 0, 0, 0, 0)],
    ])('refuses a vector %s and stays as it was', async (_, bad) => {
      await index.apply([put(1, axis(0))], 1);

      await expect(index.apply([put(2, axis(1)), put(3, bad)], 3)).rejects.toMatchObject({ code: 'invalid_input' });
      await expect(index.nearest(bad, 5)).rejects.toMatchObject({ code: 'invalid_input' });
      expect(await index.size()).toBe(1);
      expect(await index.appliedGeneration()).toBe(1);
      expect(idsOf(await index.nearest(axis(0), 5))).toEqual([1]);
    });

    it('holds what was flushed when it is opened again', async () => {
      await index.apply([put(1, axis(0)), put(2 ** 40 + 5, between(0, 1)), put(3, axis(1)), drop(3)], 4);
      await index.flush();
      const before = await index.nearest(axis(0), 10);
      await reopen();

      expect(await index.appliedGeneration()).toBe(4);
      expect(await index.size()).toBe(2);
      expect(await index.nearest(axis(0), 10)).toEqual(before);
      await index.apply([put(3, axis(0)), drop(1)], 6);
      await index.flush();
      await index.flush();
      await reopen();
      expect(idsOf(await index.nearest(axis(0), 10))).toEqual([3, 2 ** 40 + 5]);
      expect(await index.appliedGeneration()).toBe(6);
    });

    it('never reports a generation whose changes were lost', async () => {
      await index.apply([put(1, axis(0))], 1);
      await index.flush();
      await index.apply([put(2, axis(0))], 2);
      await reopen();

      const generation = await index.appliedGeneration();
      expect(idsOf(await index.nearest(axis(0), 10))).toEqual(generation === 2 ? [1, 2] : generation === 1 ? [1] : []);
    });

    it('asks for a rebuild instead of mixing two spaces', async () => {
      await index.apply([put(1, axis(0))], 1);
      await index.flush();
      for (const other of [
        { ...space, id: 'another@1' },
        { id: 'narrow@1', dimensions: 3 },
      ]) {
        await reopen(other);
        expect(index.space).toEqual(other);
        expect(await index.appliedGeneration()).toBe(0);
        const query = new Float32Array(other.dimensions).fill(1);
        await index.reset();
        await index.apply([put(4, query)], 3);
        await index.flush();
        await reopen(other);
        expect(idsOf(await index.nearest(query, 10))).toEqual([4]);
        expect(await index.appliedGeneration()).toBe(3);
      }
    });

    it('starts over after a reset', async () => {
      await index.apply([put(1, axis(0)), put(2, axis(1))], 2);
      await index.reset();
      expect(await index.size()).toBe(0);
      expect(await index.appliedGeneration()).toBe(0);
      expect(await index.nearest(axis(0), 10)).toEqual([]);

      await index.apply([put(2, axis(0))], 9);
      expect(idsOf(await index.nearest(axis(0), 10))).toEqual([2]);
      expect(await index.appliedGeneration()).toBe(9);
    });

    it('may be closed twice', async () => {
      await index.apply([put(1, axis(0))], 1);
      await index.close();
      await index.close();
    });

    it('searches and changes while it is being flushed', async () => {
      const random = randomNumbers(5);
      const before = new Map<VectorId, Float32Array>();
      for (let id = 1; id <= 300; id++) before.set(id, randomUnitVector(random, space.dimensions));
      await index.apply(
        [...before].map(([id, vector]) => put(id, vector)),
        300,
      );
      const flushed = index.flush();
      await index.apply([drop(1), put(2, axis(0)), put(301, axis(1))], 303);
      expect(idsOf(await index.nearest(axis(1), 1))).toEqual([301]);
      await flushed;
      await reopen();

      const query = randomUnitVector(random, space.dimensions);
      if ((await index.appliedGeneration()) === 300) {
        expectNearest(await index.nearest(query, 300), before, query, 300);
      } else {
        expect(idsOf(await index.nearest(axis(1), 1))).toEqual([301]);
        expect(await index.size()).toBe(300);
      }
    });

    it('agrees with brute force on 10,000 clustered vectors', async () => {
      const wide = { id: 'clustered@1', dimensions: 96 };
      await reopen(wide);
      await index.reset();
      const next = clusteredVectors({ dimensions: wide.dimensions, topics: 40, seed: 3 });
      const vectors = new Map(Array.from({ length: 10_000 }, (_, row) => [row + 1, next()] as const));
      const changes = [...vectors].map(([id, vector]) => put(id, vector));
      for (let from = 0; from < changes.length; from += 1000) await index.apply(changes.slice(from, from + 1000), from);

      for (let round = 0; round < 25; round++) {
        const query = next();
        expectNearest(await index.nearest(query, 10), vectors, query, 10);
      }
      const query = next();
      expectNearest(await index.nearest(query, 400), vectors, query, 400);
    });

    it('behaves as a plain map does under random sequences', async () => {
      let sequence = 0;
      await fc.assert(
        fc.asyncProperty(stepsArbitrary, async (steps) => {
          const own = { id: `random@${++sequence}`, dimensions: space.dimensions };
          await reopen(own);
          await index.reset();
          await runAgainstMap(steps, {
            index: () => index,
            reopen: () => reopen(own),
          });
        }),
        { numRuns: runs, endOnFailure: true },
      );
    });
  });
}

type Step =
  | { step: 'apply'; changes: readonly VectorChange[] }
  | { step: 'search'; query: Float32Array; limit: number; allowed: ReadonlySet<VectorId> | undefined }
  | { step: 'reopen' }
  | { step: 'reset' };

// Few directions, so that ties are common, and ids that meet again, but more than a local index looks at one by one.
const vectorArbitrary = fc
  .array(fc.integer({ min: -2, max: 2 }), { minLength: 8, maxLength: 8 })
  .filter((numbers) => numbers.some((number) => number !== 0))
  .map((numbers) => Float32Array.from(numbers));
const idArbitrary = fc.integer({ min: 1, max: 200 });
const changeArbitrary: fc.Arbitrary<VectorChange> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(idArbitrary, vectorArbitrary).map(([id, vector]) => put(id, vector)) },
  { weight: 2, arbitrary: idArbitrary.map((id) => drop(id)) },
  { weight: 1, arbitrary: idArbitrary.map((id) => payload(id)) },
);
const beginningArbitrary = fc
  .array(vectorArbitrary, { minLength: 100, maxLength: 200, size: 'max' })
  .map((vectors) => ({ step: 'apply' as const, changes: vectors.map((vector, at) => put(at + 1, vector)) }));
const laterStepsArbitrary: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .array(changeArbitrary, { maxLength: 150, size: 'max' })
        .map((changes) => ({ step: 'apply' as const, changes })),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        step: fc.constant('search' as const),
        query: vectorArbitrary,
        limit: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 13, max: 250 })),
        allowed: fc.option(
          fc.array(idArbitrary, { maxLength: 250, size: 'max' }).map((ids) => new Set(ids)),
          { nil: undefined },
        ),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ step: 'reopen' as const }) },
    { weight: 1, arbitrary: fc.constant({ step: 'reset' as const }) },
  ),
  { maxLength: 25, size: 'max' },
);
const stepsArbitrary: fc.Arbitrary<Step[]> = fc
  .tuple(beginningArbitrary, laterStepsArbitrary)
  .map(([beginning, later]) => [beginning, ...later]);

interface Subject {
  index(): VectorIndex;
  reopen(): Promise<void>;
}

async function runAgainstMap(steps: readonly Step[], { index, reopen }: Subject): Promise<void> {
  const vectors = new Map<VectorId, Float32Array>();
  let generation = 0;
  for (const step of steps) {
    if (step.step === 'apply') {
      generation += step.changes.length;
      await index().apply(step.changes, generation);
      for (const change of step.changes) {
        if (change.op === 'put') vectors.set(change.id, change.vector);
        if (change.op === 'drop') vectors.delete(change.id);
      }
    } else if (step.step === 'reset') {
      vectors.clear();
      generation = 0;
      await index().reset();
    } else if (step.step === 'reopen') {
      await index().flush();
      await reopen();
      // After a reset the file of before may still be there: whoever owns the index rebuilds then.
      if ((await index().appliedGeneration()) !== generation) {
        await index().reset();
        await index().apply(
          [...vectors].map(([id, vector]) => put(id, vector)),
          generation,
        );
      }
    } else {
      const { query, limit, allowed } = step;
      if (allowed !== undefined) {
        // A remote index filters by the fields of the memories: those that are allowed must carry the tag.
        const tagged = [...vectors.keys()].map((id) => payload(id, allowed.has(id) ? ['kept'] : []));
        await index().apply(tagged, generation);
      }
      const found = await index().nearest(query, limit, allowed === undefined ? undefined : allowing(allowed));
      expectNearest(found, allowed === undefined ? vectors : onlyThe(allowed, vectors), query, limit);
    }
    expect(await index().size()).toBe(vectors.size);
  }
}

/** Right ids in the right order, as far as float32 tells scores apart, and equal scores by ascending id. */
function expectNearest(
  found: readonly Ranked[],
  vectors: ReadonlyMap<VectorId, Float32Array>,
  query: Float32Array,
  limit: number,
): void {
  const expected = bruteForce(vectors, query);
  expect(found).toHaveLength(Math.min(limit, expected.length));
  const truth = new Map(expected.map(({ id, score }) => [id, score]));
  expect(new Set(idsOf(found)).size).toBe(found.length);
  found.forEach(({ id, score }, rank) => {
    const previous = found[rank - 1];
    if (previous !== undefined) {
      expect(previous.score).toBeGreaterThanOrEqual(score);
      if (previous.score === score) expect(previous.id).toBeLessThan(id);
    }
    expect(Math.abs(score - (truth.get(id) ?? Number.NaN))).toBeLessThan(tolerance);
    expect(Math.abs(score - (expected[rank]?.score ?? Number.NaN))).toBeLessThan(tolerance);
  });
}

function bruteForce(vectors: ReadonlyMap<VectorId, Float32Array>, query: Float32Array): Ranked[] {
  const ranked = [...vectors].map(([id, vector]) => ({ id, score: cosine(vector, query) }));
  return ranked.sort((a, b) => b.score - a.score || a.id - b.id);
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function onlyThe(ids: ReadonlySet<VectorId>, vectors: ReadonlyMap<VectorId, Float32Array>) {
  return new Map([...vectors].filter(([id]) => ids.has(id)));
}

function idsOf(found: readonly Ranked[]): VectorId[] {
  return found.map(({ id }) => id);
}

/** The same filter in both forms: local indexes take the ids, remote ones the predicate. */
function allowing(ids: ReadonlySet<VectorId>): VectorFilter {
  return { predicate: { tags: ['kept'], deleted: 'exclude' }, ids: () => ids };
}

function axis(number: number): Float32Array {
  const vector = new Float32Array(space.dimensions);
  vector[number] = 1;
  return vector;
}

function opposite(number: number): Float32Array {
  return axis(number).map((value) => -value);
}

function between(first: number, second: number): Float32Array {
  const vector = new Float32Array(space.dimensions);
  vector[first] = Math.SQRT1_2;
  vector[second] = Math.SQRT1_2;
  return vector;
}

function put(id: VectorId, vector: Float32Array, tags: readonly string[] = []): VectorChange {
  return { op: 'put', id, key: keyOf(id), chunk: 0, vector, memory: memoryOf(id, tags) };
}

function drop(id: VectorId): VectorChange {
  return { op: 'drop', id, key: keyOf(id), chunk: 0 };
}

function payload(id: VectorId, tags: readonly string[] = []): VectorChange {
  return { op: 'payload', key: keyOf(id), memory: memoryOf(id, tags) };
}

function keyOf(id: VectorId): string {
  return `memory_20260101000000_${id}`;
}

function memoryOf(id: VectorId, tags: readonly string[]): Memory {
  return {
    id,
    key: keyOf(id),
    content: `memory ${id}`,
    tags,
    importance: 0.5,
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
    version: 1,
    source: 'test',
    pinned: false,
    access_count: 0,
  };
}
