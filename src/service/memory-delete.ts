/**
 * Deletes memories: hides them where they can be restored, or erases them from every file of the persona. Backups are
 * never touched; the receipt counts them.
 */
import { readdirSync } from 'node:fs';
import { reasonOf } from '../core/errors.ts';
import type { MemoryKey } from '../core/memory.ts';
import { unknownKey } from '../core/memory-errors.ts';
import type { Scope } from '../persona/scope.ts';
import { findSimilar, type SimilarMemory } from '../search/similar-memories.ts';

export interface DeleteReceipt {
  readonly deleted: MemoryKey[];
  readonly not_found: MemoryKey[];
  /** True when no trace is left, "pending" while the files in `remaining` hold some. Finished when idle or at the next start. */
  readonly erased?: true | 'pending' | undefined;
  /** Files, relative to the persona's folder. */
  readonly remaining?: readonly string[] | undefined;
  /** Memories that say nearly the same and are still there. */
  readonly similar?: readonly Relative[] | undefined;
  /** Number of backup archives that may hold the text. */
  readonly backups?: number | undefined;
}

/** Without its text where that would repeat what was to be forgotten. */
type Relative = Pick<SimilarMemory, 'key' | 'by'> & Partial<SimilarMemory>;

const namedRelatives = 5;

/** `not_found` if none of the keys exists. Deleting again what is deleted already changes nothing. */
export async function deleteMemories(
  scope: Scope,
  { keys, permanent }: { keys: readonly MemoryKey[]; permanent: boolean },
): Promise<DeleteReceipt> {
  const { workspace, clock, caller } = scope;
  const { memories, erasure } = workspace.store;
  const wanted = [...new Set(keys)];
  const relatives = await findRelatives(scope, wanted, permanent);
  const note = workspace.activity.note('memory_delete', caller.source);
  const gone = await (permanent
    ? workspace.withRoom(() => erasure.erase(wanted, note))
    : memories.softDelete(wanted, clock.now().toISOString(), note));
  const deleted = gone.map(({ key }) => key);
  const [first] = wanted;
  if (deleted.length === 0 && first !== undefined) throw unknownKey(first);

  const receipt = {
    deleted,
    not_found: wanted.filter((key) => !deleted.includes(key)),
    ...(relatives.length > 0 && { similar: relatives }),
  };
  if (!permanent) return receipt;
  const remaining = await workspace.finishErasure().catch((error: unknown) => {
    // The memories are erased. The remaining traces are recorded and removed later.
    scope.logger.warn('traces of erased memories remain for now', {
      persona: workspace.persona,
      reason: reasonOf(error),
    });
    return ['memory.sqlite', 'memory.sqlite-wal', 'vector_store/index.faiss'];
  });
  const backups = archivesIn(scope.backups);
  return {
    ...receipt,
    ...(remaining.length === 0 ? { erased: true as const } : { erased: 'pending' as const, remaining }),
    ...(backups > 0 && { backups }),
  };
}

/** Looked for before the deletion, which takes the text and its vector away. */
async function findRelatives(scope: Scope, keys: readonly MemoryKey[], permanent: boolean): Promise<Relative[]> {
  const memories = keys.flatMap((key) => scope.workspace.store.memories.read(key) ?? []);
  const except = new Set(memories.map(({ id }) => id));
  const found = new Map<MemoryKey, Relative>();
  for (const memory of memories) {
    for (const relative of await findSimilar(scope, memory, except)) {
      const { key, by } = relative;
      // What shares most words would put the erased text before the model once more.
      if (!found.has(key)) found.set(key, permanent && by === 'words' ? { key, by } : relative);
    }
    if (found.size >= namedRelatives) break;
  }
  return [...found.values()].slice(0, namedRelatives);
}

function archivesIn(folder: string): number {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile()).length;
  } catch {
    // No folder, no backups.
    return 0;
  }
}
