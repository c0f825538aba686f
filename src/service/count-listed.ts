/** How many memories a list has; where its filters let none through, how many there are without them. */
import type { MemoryFilter } from '../core/memory.ts';
import type { Scope } from '../persona/scope.ts';
import { findNearestTags } from '../search/nearest-tags.ts';
import { narrows } from '../store/filter-predicate.ts';

export interface ListedCount {
  readonly total: number;
  readonly without_filters?: number;
  /** Tags that are spelt like those asked for. */
  readonly nearest_tags?: readonly string[];
}

export function countListed({ workspace: { store } }: Pick<Scope, 'workspace'>, filter: MemoryFilter): ListedCount {
  const total = store.memories.count(filter);
  const without = total === 0 && narrows(filter) ? store.memories.count({ deleted: filter.deleted }) : 0;
  if (without === 0) return { total };
  const nearest = findNearestTags(filter.tags ?? [], store.memories.tagNames());
  return { total, without_filters: without, ...(nearest.length > 0 && { nearest_tags: nearest }) };
}
