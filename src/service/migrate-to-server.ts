/**
 * Copies the vectors of a persona, with its memories, to a server. The truth stays where it is: this is what a server
 * with `storage_backend: qdrant` does by itself, done now, shown while it runs, and checked at the end.
 */
import { MemoryMcpError } from '../core/errors.ts';
import type { ForeignMemory, Memory } from '../core/memory.ts';
import { managedFields, memoryFields, namesOf } from '../core/memory-fields.ts';
import { dotProduct, type VectorSpace } from '../core/vector.ts';
import { createIndexSync, type IndexSyncDeps, type Progress } from '../persona/index-sync.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import type { MemoryCollection } from '../vector/memory-collection.ts';

export interface MigrateToServerDeps extends Pick<IndexSyncDeps, 'store' | 'open' | 'server' | 'clock' | 'logger'> {
  readonly collection: MemoryCollection;
  readonly dryRun: boolean;
  readonly onProgress: (progress: Progress) => void;
}

export interface MigrateToServerReceipt {
  readonly collection: string;
  readonly dry_run: boolean;
  /** In memory.sqlite, deleted ones included. */
  readonly memories: number;
  readonly vectors: number;
  /** Memories that wait for their vector. They follow when they have it. */
  readonly waiting: number;
  /** Points that were in the collection before. */
  readonly before: number;
  /** Points that are there now. */
  readonly after: number;
  /** Vectors that were read back and compared. */
  readonly compared: number;
}

const progressMilliseconds = 200;
const sampleLength = 200;
/** Cosines below this are another vector; what is lost on the way is less than a float32 can tell. */
const sameVector = 1 - 1e-5;
const fieldNames = [...namesOf(managedFields), ...namesOf(memoryFields)];

export async function migrateToServer(deps: MigrateToServerDeps): Promise<MigrateToServerReceipt> {
  const { store, collection, dryRun, onProgress } = deps;
  const space = store.vectors.currentSpace();
  const before = (await collection.describe())?.points ?? 0;
  const counts = {
    collection: collection.title,
    dry_run: dryRun,
    memories: store.memories.count({ deleted: 'include' }),
    vectors: space === undefined ? 0 : store.vectors.count(space),
    waiting: space === undefined ? store.memories.count({ deleted: 'exclude' }) : store.queue.length(space.id),
    before,
  };
  if (dryRun || space === undefined) return { ...counts, after: before, compared: 0 };

  const sync = createIndexSync({
    ...deps,
    file: '',
    rule: () => ({ mode: 'manual', idle_seconds: 0, min_interval: 0 }),
    onDamaged: () => {},
  });
  const timer = setInterval(() => onProgress(sync.progress() ?? { done: 0, total: 0 }), progressMilliseconds);
  try {
    await sync.sendAll();
    onProgress({ done: counts.vectors, total: counts.vectors });
  } finally {
    clearInterval(timer);
    await sync.close();
  }
  const after = (await collection.describe())?.points ?? 0;
  const vectors = store.vectors.count(space);
  // Fewer than a moment ago is another writer's doing, and its changes follow.
  if (after !== vectors && vectors === counts.vectors) {
    throw incomplete(collection, `holds ${after} vectors where memory.sqlite holds ${vectors}`);
  }
  return { ...counts, vectors, after, compared: await compareSample(store, space, collection) };
}

/** Reads a sample back. Returns its length; throws if anything differs that has not been changed meanwhile. */
async function compareSample(store: MemoryStore, space: VectorSpace, collection: MemoryCollection): Promise<number> {
  const sample = [...store.vectors.byIds(store.vectors.sample(space, sampleLength), space).values()];
  const found = await collection.read(sample);
  const memories = store.memories.byIds(sample.map(({ memoryId }) => memoryId));
  for (const [at, { key, chunk, vector, memoryId, id }] of sample.entries()) {
    const there = found[at];
    const memory = memories.get(memoryId);
    if (memory === undefined || !store.vectors.byIds([id], space).has(id)) continue;
    if (there === undefined) throw incomplete(collection, `lacks chunk ${chunk} of memory ${key}`);
    const isSame = dotProduct(vector, there.vector) >= sameVector;
    if (!isSame || (chunk === 0 && !isSameMemory(memory, there.memory))) {
      throw incomplete(collection, `does not hold memory ${key} as it is here`);
    }
  }
  return sample.length;
}

function isSameMemory(memory: Memory, there: ForeignMemory | undefined): boolean {
  return fieldNames.every((name) => JSON.stringify(memory[name]) === JSON.stringify(there?.[name]));
}

function incomplete({ title }: MemoryCollection, what: string): MemoryMcpError {
  return new MemoryMcpError('backend_unavailable', `The collection ${title} ${what}`, {
    hint: 'Run the migration again: it sends what is missing. Nothing was changed in memory.sqlite.',
  });
}
