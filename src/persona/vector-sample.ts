/**
 * A fixed sample of the persona's vectors, used to estimate the score distribution of a query in this store. How far a
 * cosine lies above that distribution says more than its absolute value, whichever model is used.
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
  /** The same for cosines without the common components; undefined in a small store. */
  readonly residual: ResidualScores | undefined;
}

interface Sampled {
  readonly vector: Float32Array;
  readonly language: SampledCosine['language'];
}

const sampleSize = 512;
/** Enough vectors to estimate the common components. */
const fitSize = 256;
/** The common components are fitted again when this share of their vectors is gone. */
const staleShare = 1 / 8;

interface Fit {
  readonly components: CommonComponents;
  readonly from: readonly VectorId[];
  /** Cache of the `residualLength` of the vectors in the sample. */
  readonly lengths: Map<VectorId, number>;
}

export function createVectorSample(store: MemoryStore) {
  let sample = new Map<VectorId, Sampled>();
  let fit: Fit | undefined;
  let generation = -1;
  let spaceName = '';

  function refresh(space: VectorSpace): void {
    const latest = store.changes.latest();
    if (latest === generation && space.id === spaceName) return;
    const known = spaceName === space.id ? sample : new Map<VectorId, Sampled>();
    if (spaceName !== space.id) fit = undefined;
    const ids = store.vectors.sample(space, sampleSize);
    const missing = store.vectors.byIds(
      ids.filter((id) => !known.has(id)),
      space,
    );
    const texts = store.memories.byIds([...new Set([...missing.values()].map(({ memoryId }) => memoryId))]);
    const findSampled = (id: VectorId): Sampled | undefined => {
      const stored = missing.get(id);
      if (stored === undefined) return known.get(id);
      return { vector: stored.vector, language: languageOf(texts.get(stored.memoryId)?.content ?? '') };
    };
    sample = new Map(
      ids.flatMap((id) => {
        const sampled = findSampled(id);
        return sampled === undefined ? [] : [[id, sampled] as const];
      }),
    );
    if (fit === undefined || isStale(fit, sample)) fit = fitComponents(sample);
    generation = latest;
    spaceName = space.id;
  }

  return {
    /** The score distribution of a query vector in this store. */
    measure(query: Float32Array, space: VectorSpace): SampleScores {
      refresh(space);
      const cosines = [...sample.values()].map(({ vector, language }) => ({
        cosine: dotProduct(query, vector),
        language,
      }));
      return {
        distribution: measureDistribution(cosines),
        residual: fit && measureResiduals(fit, sample, query),
      };
    },
  };
}

export type VectorSample = ReturnType<typeof createVectorSample>;

/** True if many of the fitted vectors are gone, or if the store has grown enough for a better estimate. */
function isStale({ from }: Fit, sample: ReadonlyMap<VectorId, Sampled>): boolean {
  const gone = from.filter((id) => !sample.has(id)).length;
  return gone > staleShare * from.length || (from.length < fitSize && sample.size > (1 + staleShare) * from.length);
}

function fitComponents(sample: ReadonlyMap<VectorId, Sampled>): Fit | undefined {
  const base = [...sample].slice(0, fitSize);
  const components = findCommonComponents(base.map(([, { vector }]) => vector));
  return components && { components, from: base.map(([id]) => id), lengths: new Map() };
}

function measureResiduals({ components, lengths }: Fit, sample: ReadonlyMap<VectorId, Sampled>, query: Float32Array) {
  const projected = projectQuery(components, query);
  const cosines = [...sample].map(([id, { vector, language }]) => {
    const length = lengths.get(id) ?? residualLength(components, vector);
    lengths.set(id, length);
    return { cosine: residualCosine(projected, vector, length), language };
  });
  return {
    distribution: measureDistribution(cosines),
    /** The query's cosine with a memory's vector, without the common components. */
    cosineWith: (vector: Float32Array): number => residualCosine(projected, vector, residualLength(components, vector)),
  };
}

export type ResidualScores = ReturnType<typeof measureResiduals>;
