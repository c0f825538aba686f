/**
 * What is usual: a question's cosines against a fixed sample of the persona's vectors. How far the best memory stands
 * out from them (z) says more than any absolute cosine, with every model.
 */
import { dotProduct, type VectorId, type VectorSpace } from '../core/vector.ts';
import type { MemoryStore } from '../store/memory-store.ts';

/** Mean and deviation of a question's cosines against `size` sampled vectors. */
export interface CosineBackground {
  readonly mean: number;
  readonly deviation: number;
  readonly size: number;
}

export interface VectorSample {
  background(query: Float32Array, space: VectorSpace): CosineBackground;
}

const sampleSize = 512;

export function createVectorSample(store: MemoryStore): VectorSample {
  let known = new Map<VectorId, Float32Array>();
  let generation = -1;
  let spaceName = '';

  function refresh(space: VectorSpace): void {
    const latest = store.changes.latest();
    if (latest === generation && space.id === spaceName) return;
    const ids = store.vectors.sample(space, sampleSize);
    const missing = store.vectors.byIds(
      ids.filter((id) => spaceName !== space.id || !known.has(id)),
      space,
    );
    const before = spaceName === space.id ? known : new Map<VectorId, Float32Array>();
    known = new Map(
      ids.flatMap((id) => {
        const vector = before.get(id) ?? missing.get(id)?.vector;
        return vector === undefined ? [] : [[id, vector] as const];
      }),
    );
    generation = latest;
    spaceName = space.id;
  }

  return {
    background(query, space) {
      refresh(space);
      const cosines = [...known.values()].map((vector) => dotProduct(query, vector));
      const size = cosines.length;
      if (size === 0) return { mean: 0, deviation: 0, size };
      const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / size;
      const variance = cosines.reduce((sum, cosine) => sum + (cosine - mean) ** 2, 0) / size;
      return { mean, deviation: Math.sqrt(variance), size };
    },
  };
}
