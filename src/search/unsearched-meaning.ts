/**
 * Whether memories could not be looked at by meaning: the model is being loaded or has failed, or they still await their
 * vectors. One of them may be the answer, so a search then never says that nothing is stored.
 */
import type { MemoryFilter } from '../core/memory.ts';
import type { Workspace } from '../persona/workspace.ts';

/** `searched`: the vectors that there are were searched. */
export function hasUnsearchedMeaning(
  { models, store }: Workspace,
  filter: MemoryFilter,
  { searched }: { searched: boolean },
): boolean {
  if (models.embedder.status().state === 'off') return false;
  if (!searched) return store.memories.list({ filter, order: 'newest', limit: 1 }).length > 0;
  const space = store.vectors.currentSpace();
  return space !== undefined && store.queue.length(space.id) > store.queue.countGivenUp(space.id);
}
