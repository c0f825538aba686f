/**
 * Whether a memory bears on a prompt well enough to be shown without having been asked for, by words or by meaning. Much
 * stricter than a search: a wrong memory in a prompt costs more than a missing one, which can still be searched.
 * `npm run bench -- hook` measures it.
 */
import { isWord } from '../core/text/terms.ts';
import type { RatedTerm } from './bm25.ts';

/** What somebody says, or what a command that failed has printed. */
export type PromptKind = 'prompt' | 'failure';

interface Limits {
  /** The coverage that a short memory needs for one sentence. */
  readonly coverage: number;
  /** Among twice as many sentences, a memory holds more words by chance. */
  readonly perDoublingOfParts: number;
  /** So many words in common are enough, in one sentence and among several. */
  readonly words: { readonly ofOne: number; readonly ofSeveral: number };
}

/** The lines of a failure are all about one thing, and name it in few words. */
const limits: Readonly<Record<PromptKind, Limits>> = {
  prompt: { coverage: 0.24, perDoublingOfParts: 0.03, words: { ofOne: 3, ofSeveral: 4 } },
  failure: { coverage: 0.18, perDoublingOfParts: 0, words: { ofOne: 3, ofSeveral: 3 } },
};
const shortLength = 64;
/** A memory twice as long holds more words by chance. */
const perDoublingOfLength = 0.03;
/** One word in common is a coincidence, however many terms it consists of. Few words have to cover so much more. */
const least = 2;
const enoughTerms = 3;
const fewWordsCover = 0.2;
/** Function words and pairs of hiragana weigh less. */
const contentWeight = 0.8;

/** The nearness (`model-quality.ts`) that a memory needs in a small store, for a prompt of one sentence. */
const nearnessLimit = 1.25;
const smallStore = 64;
/** Among twice as many memories, and for a prompt of twice as many sentences, the nearest lies nearer by chance. */
const nearnessPerDoubling = { memories: 0.08, parts: 0.12 };

/** By words. */
export interface Relevance {
  readonly coverage: number;
  /** The coverage that a memory of this length with so many words in common needs for such a prompt. */
  readonly limit: number;
  /** The terms of content words that prompt and memory share. */
  readonly terms: readonly string[];
  readonly relevant: boolean;
}

export interface Compared {
  /** Of the memory, in characters. */
  readonly length: number;
  /** How many parts of the prompt are compared. */
  readonly parts: number;
  readonly kind: PromptKind;
}

export function judgeRelevance(
  { coverage, matched }: { coverage: number; matched: readonly RatedTerm[] },
  { length, parts, kind }: Compared,
): Relevance {
  const { coverage: usual, perDoublingOfParts, words } = limits[kind];
  const terms = matched.filter(({ prefix, weight }) => !prefix && weight >= contentWeight).map(({ text }) => text);
  const count = countWords(terms);
  const few = terms.length < enoughTerms || count < (parts === 1 ? words.ofOne : words.ofSeveral);
  const byLength = perDoublingOfLength * Math.max(0, Math.log2(length / shortLength));
  const limit = usual + byLength + perDoublingOfParts * Math.log2(parts) + (few ? fewWordsCover : 0);
  return { coverage, limit, terms, relevant: Math.min(terms.length, count) >= least && coverage >= limit };
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
