/**
 * The semantic half of recall: what a question means, held against the vectors of the memories. It says why it could
 * not help instead of keeping anybody waiting.
 */

import { reasonOf } from '../core/errors.ts';
import type { MemoryFilter, MemoryId } from '../core/memory.ts';
import { secondLength } from '../core/time/durations.ts';
import { withinTime } from '../core/time/within-time.ts';
import { dotProduct, type VectorSpace } from '../core/vector.ts';
import type { Embedder, ModelStatus } from '../model/embedder.ts';
import type { Workspace } from '../persona/workspace.ts';
import type { ModelQuality } from '../scoring/model-quality.ts';
import type { ScoreDistribution } from '../scoring/ranking.ts';

/** How long a search waits for the vector of its question: a warm model needs milliseconds. */
const patienceMilliseconds = 2_000;
const nearestLimit = 100;

export interface SemanticSearch {
  /** The cosine of each memory found by its nearest part, best first. */
  readonly hits: ReadonlyMap<MemoryId, number>;
  /** What is usual for this question in this store. */
  readonly distribution: ScoreDistribution;
  /** The same for cosines without what all memories share; undefined in a small store. */
  readonly residualDistribution: ScoreDistribution | undefined;
  /** What the model is worth in each language, once it has been measured. */
  readonly quality: ModelQuality | undefined;
  /** How near memories are, those that were found by their words alone included. */
  measureSimilarities(ids: readonly MemoryId[]): Map<MemoryId, Similarity>;
}

/** The best cosines of a memory's parts. */
export interface Similarity {
  readonly cosine: number;
  readonly residualCosine?: number | undefined;
}

/** A search, or in one sentence why there is none. */
export type SemanticAnswer = SemanticSearch | { readonly unavailable: string };

/** A vector together with the space it belongs to: only vectors of the same space may be compared. */
export interface VectorInSpace {
  readonly vector: Float32Array;
  readonly space: VectorSpace;
}

/** `onEmbedded` is called when the model has done its part. */
export async function searchMeaning(
  workspace: Workspace,
  query: string,
  filter: MemoryFilter,
  onEmbedded: () => void = () => {},
): Promise<SemanticAnswer> {
  for (;;) {
    const embedder = workspace.servingEmbedder();
    const placed = await embedQuestion(embedder, query);
    // Once in the life of a store: how far this model may be trusted decides the order of everything.
    await withinTime(workspace.modelEvaluation.measureOnce(embedder), patienceMilliseconds);
    onEmbedded();
    const answer = 'unavailable' in placed ? placed : await searchVector(workspace, placed, filter);
    // Searches may have moved to another model while this one was answering: then the other one is asked.
    if (workspace.servingEmbedder() === embedder) return answer;
  }
}

/** The same for a vector that is already there, such as that of another memory. */
export async function searchVector(
  workspace: Workspace,
  { vector, space: { id } }: VectorInSpace,
  filter: MemoryFilter,
): Promise<SemanticAnswer> {
  const { indexSync, store, vectorSample, modelEvaluation } = workspace;
  const index = await indexSync.upToDate();
  if (index === undefined) return { unavailable: 'no memory has a vector yet' };
  const { space } = index;
  if (space.id !== id) return { unavailable: 'the model is being changed, and the one before it is not here' };

  const ids = store.vectors.idsMatching(filter, space);
  const ranked = await index.nearest(
    vector,
    nearestLimit,
    ids === undefined ? undefined : { predicate: filter, ids: () => ids },
  );
  const owners = store.vectors.owners(ranked.map(({ id }) => id));
  // From that moment on the vectors that were just searched are being removed.
  if (store.vectors.currentSpace()?.id !== space.id) return { unavailable: 'the model has just been changed' };
  const hits = new Map<MemoryId, number>();
  for (const { id: vectorId, score } of ranked) {
    const memory = owners.get(vectorId);
    // Best first: the first part of a memory that turns up is its nearest.
    if (memory !== undefined && !hits.has(memory)) hits.set(memory, score);
  }
  const { distribution, residual } = vectorSample.measure(vector, space);
  return {
    hits,
    distribution,
    residualDistribution: residual?.distribution,
    quality: modelEvaluation.qualityOf(space),
    measureSimilarities(memories) {
      const similarities = new Map<MemoryId, Similarity>();
      for (const { memoryId, vector: stored } of store.vectors.ofMemories(memories, space)) {
        const before = similarities.get(memoryId);
        similarities.set(memoryId, {
          cosine: Math.max(dotProduct(vector, stored), before?.cosine ?? -1),
          residualCosine: residual && Math.max(residual.cosineWith(stored), before?.residualCosine ?? -1),
        });
      }
      return similarities;
    },
  };
}

async function embedQuestion(embedder: Embedder, query: string): Promise<VectorInSpace | { unavailable: string }> {
  const { state } = embedder.status();
  // Asking is what wakes a model up, so even an answer that will come too late is asked for, once it can come at all.
  const answer = embedder.embedQuery(query).then(
    (vector) => {
      const space = embedder.space();
      return space === undefined ? { unavailable: describeStatus(embedder.status()) } : { vector, space };
    },
    (error: unknown) => ({ unavailable: reasonOf(error) }),
  );
  if (state === 'downloading') return { unavailable: describeStatus(embedder.status()) };
  const inTime = await withinTime(answer, patienceMilliseconds);
  if (inTime !== undefined) return inTime;
  const status = embedder.status();
  const waited = `${patienceMilliseconds / secondLength} s`;
  return {
    unavailable:
      status.state === 'ready' ? `the model ${status.model} did not answer within ${waited}` : describeStatus(status),
  };
}

/** A model's state as the reason of a degraded reply. */
export function describeStatus({ state, model, detail, progress }: ModelStatus): string {
  if (detail !== undefined) return detail;
  if (state === 'downloading') return `the model ${model} is being downloaded (${Math.floor(progress ?? 0)} %)`;
  if (state === 'loading') return `the model ${model} is being loaded`;
  if (state === 'off') return 'no embedding model is configured';
  return `the model ${model} is ${state}`;
}
