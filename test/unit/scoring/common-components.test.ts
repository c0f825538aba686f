import { describe, expect, it } from 'vitest';
import { addScaled, dotProduct, unitVector } from '../../../src/core/vector.ts';
import {
  type CommonComponents,
  findCommonComponents,
  projectQuery,
  residualCosine,
  residualLength,
} from '../../../src/scoring/common-components.ts';
import { rankingParameters } from '../../../src/scoring/ranking-parameters.ts';

const minimumVectors = rankingParameters.fixed.componentsFromVectors;

const dimensions = 256;

/** A fixed sequence of numbers between -1 and 1. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Texts of two speakers: who speaks fills one axis, what all share another, and what is said the rest. */
function said(count: number, seed = 7): Float32Array[] {
  const next = numbers(seed);
  return Array.from({ length: count }, (_, index) =>
    unitVector(
      Array.from({ length: dimensions }, (_, axis) =>
        axis === 0 ? 12 : axis === 1 ? (index % 2 === 0 ? 8 : -8) : next(),
      ),
      dimensions,
    ),
  );
}

function learn(vectors: readonly Float32Array[]): CommonComponents {
  const shared = findCommonComponents(vectors);
  if (shared === undefined) throw new Error('there are enough vectors');
  return shared;
}

function distinct(shared: CommonComponents, one: Float32Array, other: Float32Array): number {
  return residualCosine(projectQuery(shared, one), other, residualLength(shared, other));
}

describe('cosines without what all memories share', () => {
  const vectors = said(400);
  const shared = learn(vectors);
  const [first = new Float32Array(), second = new Float32Array(), third = new Float32Array()] = vectors;

  it('no longer depend on the speaker', () => {
    expect(dotProduct(first, third)).toBeGreaterThan(dotProduct(first, second) + 0.3);
    expect(Math.abs(distinct(shared, first, third) - distinct(shared, first, second))).toBeLessThan(0.3);
  });

  it('are 1 for the same vector and stay a cosine for any other', () => {
    expect(distinct(shared, first, first)).toBeCloseTo(1, 5);
    for (const vector of vectors.slice(0, 50)) {
      expect(Math.abs(distinct(shared, first, vector))).toBeLessThanOrEqual(1 + 1e-5);
    }
  });

  it('spread memories that plain cosines hold together', () => {
    const others = vectors.filter((_, index) => index % 2 === 0).slice(1, 60);
    const spread = (cosines: number[]) => Math.max(...cosines) - Math.min(...cosines);
    expect(spread(others.map((vector) => distinct(shared, first, vector)))).toBeGreaterThan(
      2 * spread(others.map((vector) => dotProduct(first, vector))),
    );
  });

  it('are those of the vectors from which mean and directions were taken one after the other', () => {
    const { mean, directions, removed } = shared;
    const residual = (vector: Float32Array, weakened: (share: number) => number) => {
      const rest = addScaled(Float32Array.from(vector), mean, -1);
      return directions.reduce(
        (left, direction, index) =>
          addScaled(left, direction, -weakened(removed[index] ?? 0) * dotProduct(rest, direction)),
        Float32Array.from(rest),
      );
    };
    // The length along a direction shrinks by the root of what its square loses.
    const weaken = (share: number) => 1 - Math.sqrt(1 - share);
    for (const vector of vectors.slice(1, 20)) {
      const [one, other] = [residual(first, weaken), residual(vector, weaken)];
      const cosine = dotProduct(one, other) / Math.sqrt(dotProduct(one, one) * dotProduct(other, other));
      expect(distinct(shared, first, vector)).toBeCloseTo(cosine, 5);
    }
  });

  it('are learnt the same way from the same vectors', () => {
    expect(learn(said(400)).removed).toEqual(shared.removed);
  });
});

it('too few vectors show nothing', () => {
  expect(findCommonComponents(said(minimumVectors - 1))).toBeUndefined();
  expect(findCommonComponents([])).toBeUndefined();
});

it('vectors that are all alike show nothing either', () => {
  const alike = unitVector(new Array(dimensions).fill(1), dimensions);
  expect(findCommonComponents(new Array(minimumVectors).fill(alike))).toBeUndefined();
});

it('vectors that differ in one direction only give numbers that are finite', () => {
  const [one, other] = said(2);
  const pair = Array.from(
    { length: minimumVectors },
    (_, index) => (index % 2 === 0 ? one : other) ?? new Float32Array(),
  );
  const shared = learn(pair);
  expect(Number.isFinite(distinct(shared, pair[0] ?? new Float32Array(), pair[1] ?? new Float32Array()))).toBe(true);
});
