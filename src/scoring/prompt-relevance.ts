/**
 * Whether a memory bears on a prompt well enough to be shown without having been asked for, by words or by meaning. Much
 * stricter than a search: a wrong memory in a prompt costs more than a missing one, which can still be searched.
 * `npm run bench -- hook` measures it.
 */
import { isWord } from '../core/text/terms.ts';
import type { RatedTerm } from './bm25.ts';

/** The coverage that a short memory needs for a prompt of one sentence. */
const shortLimit = 0.24;
const shortLength = 64;
/** A memory twice as long, and a prompt of twice as many sentences, hold more words by chance. */
const limitPerDoubling = { length: 0.035, parts: 0.04 };
/** One or two terms in common are a coincidence, and so is one long word, however many terms it consists of; among many sentences, so are two words. */
const minimum = { terms: 3, words: 2, wordsAmongMany: 3 };
/** Two terms are enough if they are most of what was said. */
const telling = { coverage: 0.5, terms: 2 };
/** Function words and pairs of hiragana weigh less. */
const contentWeight = 0.8;

/** The nearness (`model-quality.ts`) that a memory needs in a small store, for a prompt of one sentence. */
const nearnessLimit = 1.25;
const smallStore = 64;
/** Among twice as many memories, and for a prompt of twice as many sentences, the nearest lies nearer by chance. */
const nearnessPerDoubling = { memories: 0.07, parts: 0.05 };

/** By words. */
export interface Relevance {
  readonly coverage: number;
  /** The coverage that a memory of this length needs for such a prompt. */
  readonly limit: number;
  /** The terms of content words that prompt and memory share. */
  readonly terms: readonly string[];
  readonly relevant: boolean;
}

/** `length` of the memory; `parts` of the prompt that are compared. */
export function judgeRelevance(
  { coverage, matched }: { coverage: number; matched: readonly RatedTerm[] },
  { length, parts }: { length: number; parts: number },
): Relevance {
  const byLength = limitPerDoubling.length * Math.max(0, Math.log2(length / shortLength));
  const limit = shortLimit + byLength + limitPerDoubling.parts * Math.log2(parts);
  const terms = matched.filter(({ prefix, weight }) => !prefix && weight >= contentWeight).map(({ text }) => text);
  const enough = terms.length >= minimum.terms || (terms.length >= telling.terms && coverage >= telling.coverage);
  const words = parts === 1 ? minimum.words : minimum.wordsAmongMany;
  return { coverage, limit, terms, relevant: enough && countWords(terms) >= words && coverage >= limit };
}

/** By meaning. */
export interface Nearness {
  readonly nearness: number;
  /** The nearness that a memory needs in such a store for such a prompt. */
  readonly limit: number;
  readonly relevant: boolean;
}

/** `memories` of the store; `parts` of the prompt that are compared. */
export function judgeNearness(nearness: number, { memories, parts }: { memories: number; parts: number }): Nearness {
  const bySize = nearnessPerDoubling.memories * Math.max(0, Math.log2(memories / smallStore));
  const limit = nearnessLimit + bySize + nearnessPerDoubling.parts * Math.log2(parts);
  return { nearness, limit, relevant: nearness >= limit };
}

/** In a script without spaces, terms that share a character are pieces of one word; a long vowel is in too many to tell. */
function countWords(terms: readonly string[]): number {
  const spaced = terms.filter(isWord).length;
  const groups: Set<string>[] = [];
  for (const term of terms) {
    if (isWord(term)) continue;
    const joined = new Set(term.replaceAll('ー', ''));
    for (const group of groups.filter((each) => [...joined].some((character) => each.has(character)))) {
      for (const character of group) joined.add(character);
      groups.splice(groups.indexOf(group), 1);
    }
    groups.push(joined);
  }
  return spaced + groups.length;
}
