/**
 * Copies memories from a collection on a server into a store, with every field. What is as new here, or newer, stays;
 * what was permanently deleted here stays deleted. Running it again continues, since what is here already is kept.
 */

import type { Clock } from '../core/clock.ts';
import { MemoryMcpError } from '../core/errors.ts';
import type { ForeignMemory } from '../core/memory.ts';
import { unitVector, type VectorSpace } from '../core/vector.ts';
import type { Progress } from '../persona/index-sync.ts';
import type { ImportOutcome } from '../store/memory-import.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import type { CollectionDescription, CollectionMemory, MemoryCollection } from '../vector/memory-collection.ts';

export interface MigrateFromServerDeps {
  readonly store: MemoryStore;
  readonly collection: MemoryCollection;
  readonly dryRun: boolean;
  readonly onProgress: (progress: Progress) => void;
  readonly clock: Clock;
}

export interface MigrateFromServerReceipt {
  readonly collection: string;
  readonly dry_run: boolean;
  readonly points: number;
  readonly added: number;
  /** Older here than there. What was here is kept as a version. */
  readonly updated: number;
  /** As new here, or newer. */
  readonly kept: number;
  /** Permanently deleted here. */
  readonly erased: number;
  /** Memories that got their vectors from the collection. The others are embedded. */
  readonly with_vectors: number;
  readonly skipped: number;
  /** The first points that are no memories, and why. */
  readonly skipped_points: readonly { readonly point: string; readonly reason: string }[];
}

const shownSkipped = 20;

export async function migrateFromServer(deps: MigrateFromServerDeps): Promise<MigrateFromServerReceipt> {
  const { store, collection, dryRun, onProgress, clock } = deps;
  const description = await describeCollection(collection);
  const counts = { added: 0, updated: 0, kept: 0, erased: 0 };
  const skipped: { point: string; reason: string }[] = [];
  let skippedCount = 0;
  let withVectors = 0;
  for await (const page of collection.pages()) {
    const memories = page.memories.map(({ memory }) => memory);
    const outcomes = dryRun
      ? memories.map((memory) => store.memories.importOutcome(memory))
      : await store.memories.importAll(memories, clock.now().toISOString());
    for (const outcome of outcomes) counts[outcome] += 1;
    if (!dryRun) {
      verifyImported(store, memories, outcomes);
      withVectors += await importVectors(store, description.space, page.memories, outcomes);
    }
    skippedCount += page.skipped.length;
    skipped.push(...page.skipped.slice(0, Math.max(0, shownSkipped - skipped.length)));
    onProgress(page);
  }
  return {
    collection: collection.title,
    dry_run: dryRun,
    points: description.points,
    ...counts,
    with_vectors: withVectors,
    skipped: skippedCount,
    skipped_points: skipped,
  };
}

/** `not_found` if there is no such collection. */
export async function describeCollection(collection: MemoryCollection): Promise<CollectionDescription> {
  const description = await collection.describe();
  if (description !== undefined) return description;
  throw new MemoryMcpError('not_found', `There is no collection ${collection.title}`, {
    hint: 'Its name is qdrant_collection_prefix and the persona; Qdrant lists them at /collections.',
  });
}

/** Reads back what was just written. */
function verifyImported(
  store: MemoryStore,
  memories: readonly ForeignMemory[],
  outcomes: readonly ImportOutcome[],
): void {
  for (const [at, memory] of memories.entries()) {
    const outcome = outcomes[at];
    if (outcome !== 'added' && outcome !== 'updated') continue;
    const stored = store.memories.read(memory.key);
    if (stored !== undefined && stored.updated_at >= memory.updated_at) continue;
    throw new MemoryMcpError('internal', `Memory ${memory.key} was imported and is not there`);
  }
}

/** Returns how many memories got their vectors. A store that searches in another space embeds them itself. */
async function importVectors(
  store: MemoryStore,
  space: VectorSpace | undefined,
  memories: readonly CollectionMemory[],
  outcomes: readonly ImportOutcome[],
): Promise<number> {
  const current = store.vectors.currentSpace();
  if (space === undefined || (current !== undefined && current.id !== space.id)) return 0;
  let imported = 0;
  for (const [at, { memory, vectors }] of memories.entries()) {
    if (outcomes[at] === 'erased' || vectors.length === 0) continue;
    const stored = store.memories.read(memory.key);
    // Kept ones, too: an earlier run may have ended between a memory and its vectors.
    if (stored === undefined || store.vectors.ofMemories([stored.id], space).length > 0) continue;
    const units = unitVectors(vectors, space);
    if (units === undefined || stored.content !== memory.content) continue;
    if (await store.vectors.put(stored, space, units)) imported += 1;
  }
  return imported;
}

/** Undefined if one of them is no vector of the space: then the memory is embedded. */
function unitVectors(vectors: readonly Float32Array[], { dimensions }: VectorSpace): Float32Array[] | undefined {
  try {
    return vectors.map((vector) => unitVector(vector, dimensions));
  } catch (error) {
    if (error instanceof MemoryMcpError && error.code === 'invalid_input') return undefined;
    throw error;
  }
}
