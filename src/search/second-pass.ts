/**
 * A closer look at the best candidates of a search, for what costs too much to ask of all: whether the question's words
 * stand together in them, and what was said just before them.
 */
import type { PreparedQuery } from '../scoring/bm25.ts';
import { findTermPairs, proximity } from '../scoring/proximity.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import { findContextTerms, type WordHit } from './context-terms.ts';

const examined = 50;

/** The same candidates, best first, of which the first know more about themselves. */
export function runSecondPass<Entry extends WordHit>(
  store: MemoryStore,
  { text, question }: { text: string; question: PreparedQuery },
  ranked: readonly Entry[],
): (Entry & { proximity?: number | undefined; preceding?: number | undefined })[] {
  const best = ranked.slice(0, examined);
  const preceding = findContextTerms(store, question, { best, candidates: ranked });
  const termPairs = findTermPairs(text, question);
  // Taking all terms of a text in order is spared where it cannot find two of them.
  const heldBy = ({ matched }: WordHit) => {
    const words = new Set(matched.filter(({ prefix }) => !prefix).map((term) => term.text));
    return termPairs.filter((pair) => pair.words.every((word) => words.has(word)));
  };
  return ranked.map((entry, index) =>
    index < examined
      ? {
          ...entry,
          proximity: proximity(heldBy(entry), question, entry.memory.content),
          preceding: preceding.get(entry.memory.id),
        }
      : entry,
  );
}
