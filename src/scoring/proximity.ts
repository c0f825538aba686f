/**
 * Words that stand together in a question say more where they stand together in a text. Only for scripts with spaces:
 * in the others a term is a pair of characters, and a phrase is found by its pairs. Recall looks at the best candidates
 * in this way, since it takes all terms of a text in order.
 */

import { documentTerms, isWord } from '../core/text/terms.ts';
import type { PreparedQuery } from './bm25.ts';

/** Words of a question this far apart belong together. */
const questionReach = 2;
/** So far apart in a text two words have nothing to do with each other. */
const textReach = 8;

const readCharacters = 8_000;

/** Two words that stand together in a question. */
interface TermPair {
  readonly words: readonly [string, string];
  /** The value of the less valuable of the two. */
  readonly value: number;
}

/** The pairs of words that stand together in a question, each once; none in a script without words. */
export function findTermPairs(query: string, { terms }: PreparedQuery): TermPair[] {
  const values = new Map(terms.filter(({ prefix }) => !prefix).map(({ text, value }) => [text, value]));
  const words = documentTerms(query).filter((term) => isWord(term) && values.has(term));
  const pairs = new Map<string, TermPair>();
  for (const [index, word] of words.entries()) {
    for (const other of words.slice(index + 1, index + 1 + questionReach)) {
      const value = Math.min(values.get(word) ?? 0, values.get(other) ?? 0);
      if (other !== word) pairs.set([word, other].sort().join(' '), { words: [word, other], value });
    }
  }
  return [...pairs.values()];
}

/**
 * 0..1, in shares of the question's value: 0 where no two companions are near each other; side by side they count
 * whole, farther apart by the inverse of their distance. A long text is read only at its beginning.
 */
export function proximity(termPairs: readonly TermPair[], { totalValue }: PreparedQuery, text: string): number {
  if (termPairs.length === 0 || totalValue === 0) return 0;
  const places = placesOf(new Set(termPairs.flatMap(({ words }) => words)), text);
  const sum = termPairs.reduce((total, { words: [one, other], value }) => {
    const distance = nearest(places.get(one), places.get(other));
    return distance > textReach ? total : total + value / distance;
  }, 0);
  return Math.min(1, sum / totalValue);
}

function placesOf(words: ReadonlySet<string>, text: string): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [place, term] of documentTerms(text.slice(0, readCharacters)).entries()) {
    if (!words.has(term)) continue;
    const before = places.get(term);
    if (before === undefined) places.set(term, [place]);
    else before.push(place);
  }
  return places;
}

/** Of two ascending lists, walked through side by side: a text may hold a word many thousand times. */
function nearest(one: readonly number[] = [], other: readonly number[] = []): number {
  let distance = Number.POSITIVE_INFINITY;
  let [index, otherIndex] = [0, 0];
  for (;;) {
    const left = one[index];
    const right = other[otherIndex];
    if (left === undefined || right === undefined) return distance;
    distance = Math.min(distance, Math.abs(left - right));
    if (left < right) index++;
    else otherIndex++;
  }
}
