/**
 * The memories nearest to the parts of a prompt. The index file, where there is one, only proposes; the vectors in the
 * store decide, so that a file that lags behind or is damaged shows nothing wrong.
 */
import type { MemoryId } from '../core/memory.ts';
import { dotProduct, type VectorId, type VectorSpace } from '../core/vector.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import { topK } from '../vector/top-k.ts';
import { type RowsSnapshot, VectorRows } from '../vector/vector-rows.ts';

export interface NearMemory {
  readonly id: MemoryId;
  /** Of its nearest chunk. */
  readonly cosine: number;
}

export interface NearestMemories {
  /** For each vector, best first. */
  readonly perVector: readonly (readonly NearMemory[])[];
  /** How many stored vectors were compared. */
  readonly compared: number;
}

/** Proposed for each part, so that several chunks of one memory do not hide the next. */
const proposedPerPart = 20;
const pageLength = 1_000;
/** Reading more vectors one by one takes too long. */
const mostRead = 5_000;

/** Undefined if too many vectors are in no index file. Call it inside a read transaction. */
export function nearestMemories(
  store: Pick<MemoryStore, 'vectors'>,
  space: VectorSpace,
  { vectors, indexed }: { vectors: readonly Float32Array[]; indexed: RowsSnapshot | undefined },
): NearestMemories | undefined {
  const rows = new VectorRows(space.dimensions);
  if (indexed !== undefined) rows.replaceAll(indexed);
  if (!addNewer(store, space, rows)) return undefined;
  const perVector = vectors.map((vector) => {
    if (rows.count === 0) return [];
    const { rows: best } = topK(rows.cosines(Float64Array.from(vector)), rows.count, proposedPerPart);
    return exactNearest(store, space, { vector, proposed: best.map((row) => rows.idAt(row)) });
  });
  return { perVector, compared: rows.count };
}

/** Adds the vectors that are younger than all of the rows. False if they are too many. */
function addNewer({ vectors }: Pick<MemoryStore, 'vectors'>, space: VectorSpace, rows: VectorRows): boolean {
  let newest = 0;
  for (let row = 0; row < rows.count; row++) newest = Math.max(newest, rows.idAt(row));
  for (let read = 0; read < mostRead; read += pageLength) {
    const { vectors: page, last } = vectors.page(space, newest, pageLength);
    for (const { id, vector } of page) rows.put(id, vector);
    if (last === undefined) return true;
    newest = last;
  }
  return false;
}

function exactNearest(
  { vectors }: Pick<MemoryStore, 'vectors'>,
  space: VectorSpace,
  { vector, proposed }: { vector: Float32Array; proposed: readonly VectorId[] },
): NearMemory[] {
  const best = new Map<MemoryId, number>();
  for (const { memoryId, vector: stored } of vectors.byIds(proposed, space).values()) {
    best.set(memoryId, Math.max(best.get(memoryId) ?? -1, dotProduct(vector, stored)));
  }
  return [...best].map(([id, cosine]) => ({ id, cosine })).sort((one, other) => other.cosine - one.cosine);
}
