/**
 * The second pass over the best candidates, for what is too expensive to compute for all: whether the words of the query
 * stand together in them (proximity), and which of the missing words the preceding memories hold (context terms).
 */
import type { PreparedQuery } from '../scoring/bm25.ts';
import { findTermPairs, proximity } from '../scoring/proximity.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import { findContextTerms, type WordHit } from './context-terms.ts';

/** The same candidates in the same order; the first `examined` carry `proximity` and `preceding`. */
export function runSecondPass<Entry extends WordHit>(
  store: MemoryStore,
  { queryText, query, examined }: { queryText: string; query: PreparedQuery; examined: number },
  ranked: readonly Entry[],
): (Entry & { proximity?: number | undefined; preceding?: number | undefined })[] {
  const best = ranked.slice(0, examined);
  const preceding = findContextTerms(store, query, { best, candidates: ranked });
  const termPairs = findTermPairs(queryText, query);
  // A text that does not hold both words of a pair need not be read in order.
  const heldBy = ({ matched }: WordHit) => {
    const words = new Set(matched.filter(({ prefix }) => !prefix).map((term) => term.text));
    return termPairs.filter((pair) => pair.words.every((word) => words.has(word)));
  };
  return ranked.map((entry, index) =>
    index < examined
      ? {
          ...entry,
          proximity: proximity(heldBy(entry), query, entry.memory.content),
          preceding: preceding.get(entry.memory.id),
        }
      : entry,
  );
}
