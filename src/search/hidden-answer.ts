/**
 * What the filters of a search hide: how many memories answer the query without them, and which tags come nearest to
 * those that were asked for. Looked for only where the filters leave no good answer.
 */
import type { MemoryFilter } from '../core/memory.ts';
import type { Scope } from '../persona/scope.ts';
import { rankingParameters } from '../scoring/ranking-parameters.ts';
import { narrows } from '../store/filter-predicate.ts';
import { findNearestTags } from './nearest-tags.ts';
import { type RankedList, type RecallMode, rankMemories, type Target } from './ranked-list.ts';

export interface HiddenAnswer {
  /** How many memories would be found without the filters. */
  readonly without_filters: number;
  readonly nearest_tags?: readonly string[] | undefined;
}

interface FilteredSearch {
  readonly target: Target;
  readonly mode: RecallMode;
  readonly filter: MemoryFilter;
  readonly list: RankedList;
}

export function countHits({ memories }: RankedList): number {
  return memories.filter(({ hit }) => hit).length;
}

/** Undefined if the filters hide nothing that is better than what they let through. */
export async function findHidden(
  scope: Scope,
  { target, mode, filter, list }: FilteredSearch,
): Promise<HiddenAnswer | undefined> {
  const { deleted } = filter;
  if (!narrows(filter) || answersWell(list)) return undefined;
  // The order among the first does not matter here, so no reranker is asked.
  const unranked = { ...scope, settings: { ...scope.settings, rerank_candidates: 0 } };
  const outside = await rankMemories(unranked, target, mode, { deleted });
  const [best] = outside.memories;
  const shown = new Set(list.memories.map(({ memory }) => memory.id));
  if (best === undefined || !best.hit || shown.has(best.memory.id)) return undefined;
  return { without_filters: countHits(outside), ...nearestTags(scope, filter, outside) };
}

function answersWell({ memories, judgement }: RankedList): boolean {
  const [best] = memories;
  return (
    judgement.strength === 'strong' || (best !== undefined && best.coverage >= rankingParameters.fixed.tellingCoverage)
  );
}

/** The tags that are spelt like those asked for, else those of the memories that were found without the filters. */
function nearestTags(
  { workspace: { store } }: Scope,
  { tags: asked = [] }: MemoryFilter,
  outside: RankedList,
): { nearest_tags?: readonly string[] } {
  if (asked.length === 0) return {};
  const best = outside.memories.filter(({ hit }) => hit).slice(0, 5);
  const found = store.memories.byIds(best.map(({ memory }) => memory.id));
  const tagged = [...new Set([...found.values()].flatMap(({ tags }) => tags))];
  const nearest = findNearestTags(asked, [...tagged, ...store.memories.tagNames()]);
  const shown = nearest.length > 0 ? nearest : tagged.slice(0, 5);
  return shown.length === 0 ? {} : { nearest_tags: shown };
}
