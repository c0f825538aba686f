import { describe, expect, it } from 'vitest';
import { createVectorSample } from '../../../src/persona/vector-sample.ts';
import { rankingParameters } from '../../../src/scoring/ranking-parameters.ts';
import type { MemoryStore } from '../../../src/store/memory-store.ts';
import { draft, now, openTestStore } from '../../support/stores.ts';
import { randomNumbers, randomUnitVector } from '../../support/vectors.ts';

const minimumVectors = rankingParameters.fixed.componentsFromVectors;

const dimensions = 16;
const space = { id: 'one', dimensions };
const random = randomNumbers(7);
const vectorOf = () => randomUnitVector(random, dimensions);
const question = vectorOf();

async function fill(store: MemoryStore, count: number, { into = space, vector = vectorOf } = {}): Promise<string[]> {
  const keys: string[] = [];
  for (let number = 0; number < count; number++) {
    const key = `memory_${store.fullText.statistics().count}_${number}`;
    const { memory } = await store.memories.create(draft(`memory ${key}`, { key }));
    await store.vectors.put(memory, into, [vector()]);
    keys.push(key);
  }
  return keys;
}

describe('the sample of a persona', () => {
  it('grows with the store, and tells what memories share only from enough vectors on', async () => {
    const store = await openTestStore();
    const sample = createVectorSample(store);
    await fill(store, minimumVectors - 1);
    expect(sample.measure(question, space)).toMatchObject({
      distribution: { size: minimumVectors - 1 },
      residual: undefined,
    });
    await fill(store, 1);
    const { distribution, residual } = sample.measure(question, space);
    expect(distribution.size).toBe(minimumVectors);
    expect(residual?.distribution.size).toBe(minimumVectors);
  });

  it('forgets the vectors of erased memories', async () => {
    const store = await openTestStore();
    const sample = createVectorSample(store);
    const keys = await fill(store, minimumVectors + 20);
    sample.measure(question, space);
    const gone = keys.slice(0, 40);
    await store.memories.softDelete(gone, now);
    await store.erasure.erase(gone);
    expect(sample.measure(question, space)).toMatchObject({
      distribution: { size: minimumVectors - 20 },
      residual: undefined,
    });
  });

  it('learns the common components again when the memories have changed', async () => {
    const store = await openTestStore();
    const sample = createVectorSample(store);
    const near = (axis: number) => () => {
      const vector = vectorOf().map((value) => value / 4);
      vector[axis] = (vector[axis] ?? 0) + 1;
      const length = Math.hypot(...vector);
      return vector.map((value) => value / length);
    };
    const alike = near(0)();
    const keys = await fill(store, minimumVectors + 12, { vector: near(0) });
    const before = sample.measure(question, space).residual?.cosineWith(alike) ?? 0;
    await store.memories.softDelete(keys, now);
    await store.erasure.erase(keys);
    await fill(store, minimumVectors + 12, { vector: near(5) });
    const after = sample.measure(question, space).residual?.cosineWith(alike) ?? 0;
    const fresh = createVectorSample(store).measure(question, space).residual?.cosineWith(alike) ?? 0;
    expect(after).toBeCloseTo(fresh, 5);
    expect(Math.abs(after - before)).toBeGreaterThan(0.01);
  });

  it('never mixes vectors of two spaces', async () => {
    const store = await openTestStore();
    const sample = createVectorSample(store);
    await fill(store, minimumVectors);
    expect(sample.measure(question, space).residual).toBeDefined();
    const other = { id: 'two', dimensions: 8 };
    await store.vectors.switchTo(other);
    await fill(store, 3, { into: other, vector: () => randomUnitVector(random, 8) });
    expect(sample.measure(randomUnitVector(random, 8), other)).toMatchObject({
      distribution: { size: 3 },
      residual: undefined,
    });
  });
});
