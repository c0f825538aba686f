/**
 * The semantic side of a search: the vector of the query against the vectors of the memories. If the model cannot answer
 * in time, it says why instead of making the search wait.
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
import { rankingParameters } from '../scoring/ranking-parameters.ts';

/** How long a search waits for the vector of its query. A warm model takes milliseconds. */
const patienceMilliseconds = 2 * secondLength;
/** How long it waits while the model is being loaded. Clients wait a minute for a tool, people less. */
const loadingPatienceMilliseconds = 10 * secondLength;

export interface SemanticSearch {
  /** The cosine of each memory's nearest chunk, best first. */
  readonly hits: ReadonlyMap<MemoryId, number>;
  /** Why not everything was searched as it should be, in one sentence. */
  readonly degraded?: string | undefined;
  /** The distribution of the query's cosines in this store. */
  readonly distribution: ScoreDistribution;
  /** The same for residual cosines; undefined in a small store. */
  readonly residualDistribution: ScoreDistribution | undefined;
  /** The measured quality of the model, if it has been measured. */
  readonly quality: ModelQuality | undefined;
  /** The similarity of any memories, including those found by words only. */
  measureSimilarities(ids: readonly MemoryId[]): Map<MemoryId, Similarity>;
}

/** The best cosines among a memory's chunks. */
export interface Similarity {
  readonly cosine: number;
  readonly residualCosine?: number | undefined;
  /** Where the nearest chunk begins, as a share of the text. */
  readonly nearestAt: number;
}

/** A search, or the reason why there is none. */
export type SemanticAnswer = SemanticSearch | { readonly unavailable: string };

/** A vector with its space. Only vectors of the same space may be compared. */
export interface VectorInSpace {
  readonly vector: Float32Array;
  readonly space: VectorSpace;
}

/** `onEmbedded` is called when the model has answered. */
export async function searchMeaning(
  workspace: Workspace,
  query: string,
  filter: MemoryFilter,
  { onEmbedded = () => {}, signal }: { onEmbedded?: () => void; signal?: AbortSignal | undefined } = {},
): Promise<SemanticAnswer> {
  for (;;) {
    const embedder = workspace.servingEmbedder();
    const canAnswer = workspace.store.vectors.currentSpace() !== undefined;
    const placed = await embedQuery(embedder, query, { canAnswer, signal });
    signal?.throwIfAborted();
    // Measured once per store: the ranking depends on the quality of the model.
    await withinTime(workspace.modelEvaluation.measureOnce(embedder), patienceMilliseconds);
    onEmbedded();
    const answer = 'unavailable' in placed ? placed : await searchVector(workspace, placed, filter);
    // The store may have switched to another model meanwhile. In that case, ask that one.
    if (workspace.servingEmbedder() === embedder) return answer;
  }
}

export interface NearestMemories {
  readonly space: VectorSpace;
  /** The cosine of each memory's nearest chunk, best first. */
  readonly hits: Map<MemoryId, number>;
  readonly degraded?: string | undefined;
}

/** The memories with the `limit` nearest vectors. */
export async function findNearest(
  { vectorSearch, store }: Pick<Workspace, 'vectorSearch' | 'store'>,
  { vector, space: { id } }: VectorInSpace,
  filter: MemoryFilter,
  limit: number,
): Promise<NearestMemories | { readonly unavailable: string }> {
  const nearest = await vectorSearch.nearest({
    vector,
    spaceId: id,
    limit,
    filterFor(space) {
      const ids = store.vectors.idsMatching(filter, space);
      return ids === undefined ? undefined : { predicate: filter, ids: () => ids };
    },
  });
  if ('unavailable' in nearest) return nearest;
  const { space, ranked, degraded } = nearest;
  const owners = store.vectors.owners(ranked.map((found) => found.id));
  // After a switch, the vectors that were just searched are being removed.
  if (store.vectors.currentSpace()?.id !== space.id) return { unavailable: 'the model has just been changed' };
  const hits = new Map<MemoryId, number>();
  for (const { id: vectorId, score } of ranked) {
    const memory = owners.get(vectorId);
    // Sorted best first, so the first chunk of a memory is its nearest.
    if (memory !== undefined && !hits.has(memory)) hits.set(memory, score);
  }
  return { space, hits, degraded };
}

/** The same as `searchMeaning` for an existing vector, such as that of a memory. */
export async function searchVector(
  workspace: Workspace,
  placed: VectorInSpace,
  filter: MemoryFilter,
): Promise<SemanticAnswer> {
  const { store, vectorSample, modelEvaluation } = workspace;
  const { vector } = placed;
  const nearest = await findNearest(workspace, placed, filter, rankingParameters.fixed.vectorCandidates);
  if ('unavailable' in nearest) return nearest;
  const { space, hits, degraded } = nearest;
  const { distribution, residual } = vectorSample.measure(vector, space);
  return {
    hits,
    degraded,
    distribution,
    residualDistribution: residual?.distribution,
    quality: modelEvaluation.qualityOf(space),
    measureSimilarities(memories) {
      const similarities = new Map<MemoryId, Similarity>();
      const chunks = groupByMemory(store.vectors.ofMemories(memories, space));
      for (const [memory, vectors] of chunks) {
        const cosines = vectors.map((stored) => dotProduct(vector, stored));
        const cosine = Math.max(...cosines);
        similarities.set(memory, {
          cosine,
          residualCosine: residual && Math.max(...vectors.map((stored) => residual.cosineWith(stored))),
          nearestAt: cosines.indexOf(cosine) / cosines.length,
        });
      }
      return similarities;
    },
  };
}

/** The vectors of each memory, in the order of its chunks. */
function groupByMemory(stored: readonly { memoryId: MemoryId; vector: Float32Array }[]): Map<MemoryId, Float32Array[]> {
  const groups = new Map<MemoryId, Float32Array[]>();
  for (const { memoryId, vector } of stored) {
    const group = groups.get(memoryId);
    if (group === undefined) groups.set(memoryId, [vector]);
    else group.push(vector);
  }
  return groups;
}

async function embedQuery(
  embedder: Embedder,
  query: string,
  { canAnswer, signal }: { canAnswer: boolean; signal: AbortSignal | undefined },
): Promise<VectorInSpace | { unavailable: string }> {
  const { state } = embedder.status();
  // Asking also starts the model, so ask even if the answer will come too late for this search.
  const answer = embedder.embedQuery(query, { priority: 'interactive', signal }).then(
    (vector) => {
      const space = embedder.space();
      return space === undefined ? { unavailable: describeStatus(embedder.status()) } : { vector, space };
    },
    (error: unknown) => ({ unavailable: reasonOf(error) }),
  );
  if (state === 'downloading') return { unavailable: describeStatus(embedder.status()) };
  const patience = patienceFor(embedder.status(), canAnswer);
  const inTime = await withinTime(answer, patience);
  if (inTime !== undefined) return inTime;
  const status = embedder.status();
  const waited = `${patience / secondLength} s`;
  return {
    unavailable:
      status.state === 'ready' ? `the model ${status.model} did not answer within ${waited}` : describeStatus(status),
  };
}

/**
 * A search waits longer for a model that is being loaded, as it is for the first one of a session. It does not if there
 * are no vectors to compare with, or if the model took too long to load before.
 */
export function patienceFor({ state, readyIn = 0 }: ModelStatus, canAnswer: boolean): number {
  const waits = state === 'loading' && canAnswer && readyIn < loadingPatienceMilliseconds;
  return waits ? loadingPatienceMilliseconds : patienceMilliseconds;
}

/** Describes the state of a model, as the reason for a degraded reply. */
export function describeStatus({ state, model, detail, progress }: ModelStatus): string {
  if (detail !== undefined) return detail;
  if (state === 'downloading') return `the model ${model} is being downloaded (${Math.floor(progress ?? 0)} %)`;
  if (state === 'loading') return `the model ${model} is being loaded`;
  if (state === 'off') return 'no embedding model is configured';
  if (state === 'ready') return `the model ${model} has only just become ready: search again`;
  return `the model ${model} is ${state}`;
}
