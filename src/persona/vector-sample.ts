/**
 * A fixed sample of the persona's vectors: what a question's cosines usually are in this store. How far a memory stands
 * out from them says more than any absolute cosine, with every model.
 */
import { languageOf } from '../core/text/language.ts';
import { dotProduct, type VectorId, type VectorSpace } from '../core/vector.ts';
import {
  type CommonComponents,
  findCommonComponents,
  projectQuery,
  residualCosine,
  residualLength,
} from '../scoring/common-components.ts';
import { measureDistribution, type SampledCosine, type ScoreDistribution } from '../scoring/ranking.ts';
import type { MemoryStore } from '../store/memory-store.ts';

export interface SampleScores {
  readonly distribution: ScoreDistribution;
  /** The same for cosines without what all memories share; undefined in a small store. */
  readonly residual: ResidualScores | undefined;
}

interface Sampled {
  readonly vector: Float32Array;
  readonly language: SampledCosine['language'];
}

const sampleSize = 512;
/** So many show what is shared as well as all would. */
const learningSize = 256;
/** What is shared is learned anew when this part of the vectors it was learned from has gone. */
const agedShare = 1 / 8;

interface Learned {
  readonly shared: CommonComponents;
  readonly from: readonly VectorId[];
  /** The `residualLength` of each vector of the sample that was surveyed. */
  readonly lengths: Map<VectorId, number>;
}

export function createVectorSample(store: MemoryStore) {
  let sample = new Map<VectorId, Sampled>();
  let learned: Learned | undefined;
  let generation = -1;
  let spaceName = '';

  function refresh(space: VectorSpace): void {
    const latest = store.changes.latest();
    if (latest === generation && space.id === spaceName) return;
    const known = spaceName === space.id ? sample : new Map<VectorId, Sampled>();
    if (spaceName !== space.id) learned = undefined;
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
    if (learned === undefined || isAged(learned, sample)) learned = learn(sample);
    generation = latest;
    spaceName = space.id;
  }

  return {
    /** What is usual for the vector of a question in this store. */
    measure(query: Float32Array, space: VectorSpace): SampleScores {
      refresh(space);
      const cosines = [...sample.values()].map(({ vector, language }) => ({
        cosine: dotProduct(query, vector),
        language,
      }));
      return {
        distribution: measureDistribution(cosines),
        residual: learned && measureResiduals(learned, sample, query),
      };
    },
  };
}

export type VectorSample = ReturnType<typeof createVectorSample>;

/** Also when there is so much more than there was that what is shared will show more clearly. */
function isAged({ from }: Learned, sample: ReadonlyMap<VectorId, Sampled>): boolean {
  const gone = from.filter((id) => !sample.has(id)).length;
  return gone > agedShare * from.length || (from.length < learningSize && sample.size > (1 + agedShare) * from.length);
}

function learn(sample: ReadonlyMap<VectorId, Sampled>): Learned | undefined {
  const base = [...sample].slice(0, learningSize);
  const shared = findCommonComponents(base.map(([, { vector }]) => vector));
  return shared && { shared, from: base.map(([id]) => id), lengths: new Map() };
}

function measureResiduals({ shared, lengths }: Learned, sample: ReadonlyMap<VectorId, Sampled>, query: Float32Array) {
  const question = projectQuery(shared, query);
  const cosines = [...sample].map(([id, { vector, language }]) => {
    const length = lengths.get(id) ?? residualLength(shared, vector);
    lengths.set(id, length);
    return { cosine: residualCosine(question, vector, length), language };
  });
  return {
    distribution: measureDistribution(cosines),
    /** The question's cosine with a memory's vector, without what all memories share. */
    cosineWith: (vector: Float32Array): number => residualCosine(question, vector, residualLength(shared, vector)),
  };
}

export type ResidualScores = ReturnType<typeof measureResiduals>;
