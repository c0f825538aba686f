/**
 * A fixed sample of the persona's vectors: what a question's cosines usually are in this store. How far a memory stands
 * out from them says more than any absolute cosine, with every model.
 */
import { languageOf } from '../core/language.ts';
import type { SampledCosine } from '../core/ranking.ts';
import { dotProduct, type VectorId, type VectorSpace } from '../core/vector.ts';
import type { MemoryStore } from '../store/memory-store.ts';

export interface VectorSample {
  /** The question's cosine with each vector of the sample, and the language of its text. */
  cosines(query: Float32Array, space: VectorSpace): SampledCosine[];
}

interface Sampled {
  readonly vector: Float32Array;
  readonly language: SampledCosine['language'];
}

const sampleSize = 512;

export function createVectorSample(store: MemoryStore): VectorSample {
  let sample = new Map<VectorId, Sampled>();
  let generation = -1;
  let spaceName = '';

  function refresh(space: VectorSpace): void {
    const latest = store.changes.latest();
    if (latest === generation && space.id === spaceName) return;
    const known = spaceName === space.id ? sample : new Map<VectorId, Sampled>();
    const ids = store.vectors.sample(space, sampleSize);
    const missing = store.vectors.byIds(
      ids.filter((id) => !known.has(id)),
      space,
    );
    const texts = store.memories.byIds([...new Set([...missing.values()].map(({ memoryId }) => memoryId))]);
    const sampledOf = (id: VectorId): Sampled | undefined => {
      const stored = missing.get(id);
      if (stored === undefined) return known.get(id);
      return { vector: stored.vector, language: languageOf(texts.get(stored.memoryId)?.content ?? '') };
    };
    sample = new Map(
      ids.flatMap((id) => {
        const sampled = sampledOf(id);
        return sampled === undefined ? [] : [[id, sampled] as const];
      }),
    );
    generation = latest;
    spaceName = space.id;
  }

  return {
    cosines(query, space) {
      refresh(space);
      return [...sample.values()].map(({ vector, language }) => ({ cosine: dotProduct(query, vector), language }));
    },
  };
}
