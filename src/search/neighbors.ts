/**
 * The memories beside the best candidates in the same session window, which become candidates themselves: an answer often
 * stands in the turns around one that was found, and shares neither words nor meaning with the question.
 */
import type { MemoryFilter } from '../core/memory.ts';
import { idsAround, inSameSession } from '../scoring/session-window.ts';
import type { MemoryText } from '../store/memory-reading.ts';
import type { MemoryStore } from '../store/memory-store.ts';

/** Those that pass the filter and are not among `known`. */
export function findNeighbors(
  store: MemoryStore,
  best: readonly MemoryText[],
  known: readonly MemoryText[],
  filter: MemoryFilter,
): MemoryText[] {
  const knownIds = new Set(known.map(({ id }) => id));
  const wanted = [...new Set(best.flatMap(({ id }) => idsAround(id)))].filter((id) => !knownIds.has(id));
  if (wanted.length === 0) return [];
  return store.memories
    .textsMatching(wanted, filter)
    .filter((neighbor) => best.some((memory) => inSameSession(memory, neighbor)));
}
