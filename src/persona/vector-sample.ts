/**
 * What is usual: a question's cosines against a fixed sample of the persona's vectors. How far a memory stands out from
 * them (z) says more than any absolute cosine, with every model, and has no scale of its own.
 */
import { dotProduct, type VectorId, type VectorSpace } from '../core/vector.ts';
import type { MemoryStore } from '../store/memory-store.ts';

export interface Closeness {
  /** -1..1 */
  readonly cosine: number;
  /** Deviations above what is usual for this question; 0 where the sample cannot tell. */
  readonly z: number;
}

/** One question's measure. */
export interface Yardstick {
  /** How many vectors say what is usual. */
  readonly size: number;
  closenessOf(vector: Float32Array): Closeness;
}

export interface VectorSample {
  yardstick(query: Float32Array, space: VectorSpace): Yardstick;
}

interface Sampled {
  readonly vectors: ReadonlyMap<VectorId, Float32Array>;
  /** What all texts of the store have in common. */
  readonly mean: Float32Array;
}

const sampleSize = 512;

export function createVectorSample(store: MemoryStore): VectorSample {
  let sampled: Sampled = { vectors: new Map(), mean: new Float32Array(0) };
  let generation = -1;
  let spaceName = '';

  function refresh(space: VectorSpace): Sampled {
    const latest = store.changes.latest();
    if (latest === generation && space.id === spaceName) return sampled;
    const known = spaceName === space.id ? sampled.vectors : new Map<VectorId, Float32Array>();
    const ids = store.vectors.sample(space, sampleSize);
    const missing = store.vectors.byIds(
      ids.filter((id) => !known.has(id)),
      space,
    );
    const vectors = new Map(
      ids.flatMap((id) => {
        const vector = known.get(id) ?? missing.get(id)?.vector;
        return vector === undefined ? [] : [[id, vector] as const];
      }),
    );
    sampled = { vectors, mean: meanOf([...vectors.values()], space.dimensions) };
    generation = latest;
    spaceName = space.id;
    return sampled;
  }

  return {
    yardstick(query, space) {
      const { vectors, mean } = refresh(space);
      return createYardstick(query, [...vectors.values()], mean);
    },
  };
}

/**
 * z is the mean of two: of the cosine itself, and of the cosine after the sample's mean is taken from both sides, which
 * removes what every text of the store shares and leaves what tells them apart. Each alone loses where the other wins.
 */
function createYardstick(query: Float32Array, sample: readonly Float32Array[], mean: Float32Array): Yardstick {
  const centred = difference(query, mean);
  const centredLength = lengthOf(centred);
  const shift = dotProduct(centred, mean);
  const meanSquare = dotProduct(mean, mean);
  const centredCosine = (vector: Float32Array): number => {
    const square = 1 - 2 * dotProduct(vector, mean) + meanSquare;
    const scale = centredLength * Math.sqrt(Math.max(0, square));
    return scale < 1e-9 ? 0 : (dotProduct(centred, vector) - shift) / scale;
  };
  const usual = spreadOf(sample.map((vector) => dotProduct(query, vector)));
  const usualCentred = spreadOf(sample.map(centredCosine));
  return {
    size: sample.length,
    closenessOf(vector) {
      const cosine = dotProduct(query, vector);
      return { cosine, z: (usual(cosine) + usualCentred(centredCosine(vector))) / 2 };
    },
  };
}

/** How many deviations a value lies above the mean of others; 0 where they do not differ. */
function spreadOf(values: readonly number[]): (value: number) => number {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length);
  const deviation = Math.sqrt(variance);
  return (value) => (deviation < 1e-9 ? 0 : (value - mean) / deviation);
}

function meanOf(vectors: readonly Float32Array[], dimensions: number): Float32Array {
  const mean = new Float32Array(dimensions);
  for (const vector of vectors) {
    for (let index = 0; index < dimensions; index++)
      mean[index] = (mean[index] ?? 0) + (vector[index] ?? 0) / vectors.length;
  }
  return mean;
}

function difference(one: Float32Array, other: Float32Array): Float32Array {
  return one.map((value, index) => value - (other[index] ?? 0));
}

function lengthOf(vector: Float32Array): number {
  return Math.sqrt(dotProduct(vector, vector));
}
