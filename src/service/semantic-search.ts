/**
 * The semantic half of recall: what a question means, held against the vectors of the memories. It says why it could
 * not help instead of keeping anybody waiting.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf } from '../core/errors.ts';
import type { MemoryFilter, MemoryId } from '../core/memory.ts';
import { isJapanese } from '../core/script.ts';
import type { VectorSpace } from '../core/vector.ts';
import type { Embedder, ModelStatus } from '../model/embedder.ts';
import type { Closeness } from '../persona/vector-sample.ts';
import type { Workspace } from '../persona/workspace.ts';

/** How long a search waits for the vector of its question: a warm model needs milliseconds. */
const patienceMilliseconds = 2_000;
const nearestLimit = 100;

export interface SemanticSearch {
  /** How close each memory found is by its nearest part, best first. */
  readonly hits: ReadonlyMap<MemoryId, Closeness>;
  /** How many vectors say what is usual for this question. */
  readonly sampled: number;
  /** The same for other memories, such as those that were found by their words alone. */
  closenessOf(ids: readonly MemoryId[]): Map<MemoryId, Closeness>;
}

/** A search, or in one sentence why there is none. */
export type SemanticAnswer = SemanticSearch | { readonly unavailable: string };

/** A vector together with the space it belongs to: only vectors of the same space may be compared. */
export interface PlacedVector {
  readonly vector: Float32Array;
  readonly space: VectorSpace;
}

export async function searchMeaning(
  workspace: Workspace,
  query: string,
  filter: MemoryFilter,
): Promise<SemanticAnswer> {
  for (;;) {
    const embedder = workspace.servingEmbedder();
    if (embedder.languages === 'en' && isJapanese(query)) {
      return { unavailable: `the model ${embedder.status().model} knows no Japanese` };
    }
    const placed = await embedQuestion(embedder, query);
    const answer = 'unavailable' in placed ? placed : await searchVector(workspace, placed, filter);
    // Searches may have moved to another model while this one was answering: then the other one is asked.
    if (workspace.servingEmbedder() === embedder) return answer;
  }
}

/** The same for a vector that is already there, such as that of another memory. */
export async function searchVector(
  workspace: Workspace,
  { vector, space: { id } }: PlacedVector,
  filter: MemoryFilter,
): Promise<SemanticAnswer> {
  const { projection, store, vectorSample } = workspace;
  const index = await projection.synced();
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
  const yardstick = vectorSample.yardstick(vector, space);
  const closenessOf = (memories: readonly MemoryId[]): Map<MemoryId, Closeness> => {
    const nearest = new Map<MemoryId, Closeness>();
    for (const stored of store.vectors.ofMemories(memories, space)) {
      const closeness = yardstick.closenessOf(stored.vector);
      const before = nearest.get(stored.memoryId);
      if (before === undefined || closeness.cosine > before.cosine) nearest.set(stored.memoryId, closeness);
    }
    return nearest;
  };
  const found = [...new Set(ranked.flatMap(({ id: vectorId }) => owners.get(vectorId) ?? []))];
  return {
    hits: closenessOf(found),
    sampled: yardstick.size,
    closenessOf,
  };
}

async function embedQuestion(embedder: Embedder, query: string): Promise<PlacedVector | { unavailable: string }> {
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
  const inTime = await Promise.race([answer, delay(patienceMilliseconds, undefined, { ref: false })]);
  return inTime ?? { unavailable: describeStatus(embedder.status()) };
}

/** A model's state as the reason of a degraded reply. */
export function describeStatus({ state, model, detail, progress }: ModelStatus): string {
  if (detail !== undefined) return detail;
  if (state === 'downloading') return `the model ${model} is being downloaded (${Math.floor(progress ?? 0)} %)`;
  if (state === 'loading') return `the model ${model} is being loaded`;
  if (state === 'off') return 'no embedding model is configured';
  return `the model ${model} is ${state}`;
}
