/**
 * Whether a memory bears on a prompt well enough to be shown without having been asked for. By words alone, and much
 * stricter than a search: a wrong memory in a prompt costs more than a missing one, which can still be searched.
 * `npm run bench -- hook` measures it.
 */
import type { RatedTerm } from './bm25.ts';

/** The coverage that a short memory needs for a prompt of one sentence. */
const shortLimit = 0.28;
const shortLength = 64;
/** A memory twice as long, and a prompt of twice as many sentences, hold more words by chance. */
const limitPerDoubling = { length: 0.03, parts: 0.04 };
/** One or two words in common are a coincidence. */
const minimumWords = 3;
/** Two are enough if they are most of what was said. */
const telling = { coverage: 0.5, words: 2 };
/** Function words and pairs of hiragana weigh less. */
const contentWeight = 0.8;

export interface Relevance {
  readonly coverage: number;
  /** The coverage that a memory of this length needs for such a prompt. */
  readonly limit: number;
  /** The content words that prompt and memory share. */
  readonly words: readonly string[];
  readonly relevant: boolean;
}

/** `length` of the memory; `parts` of the prompt that are compared. */
export function judgeRelevance(
  { coverage, matched }: { coverage: number; matched: readonly RatedTerm[] },
  { length, parts }: { length: number; parts: number },
): Relevance {
  const byLength = limitPerDoubling.length * Math.max(0, Math.log2(length / shortLength));
  const limit = shortLimit + byLength + limitPerDoubling.parts * Math.log2(parts);
  const words = matched.filter(({ prefix, weight }) => !prefix && weight >= contentWeight).map(({ text }) => text);
  const enough = words.length >= minimumWords || (words.length >= telling.words && coverage >= telling.coverage);
  return { coverage, limit, words, relevant: enough && coverage >= limit };
}
