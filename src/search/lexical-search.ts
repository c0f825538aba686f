/**
 * The lexical half of recall: full text proposes the memories that hold the rarest words of a question, and their texts
 * are read and scored. Works without any model.
 */

import type { MemoryFilter, MemoryId } from '../core/memory.ts';
import { type PreparedQuery, prepareQuery, scoreText, type TextScore } from '../scoring/bm25.ts';
import { bestCandidates, termsToLookUp } from '../scoring/candidates.ts';
import type { MemoryText } from '../store/memory-reading.ts';
import type { MemoryStore } from '../store/memory-store.ts';

/** How many texts the looked-up terms may name together, and how many of these are read. */
const lookupBudget = 1_000;
const readLimit = 100;

export interface LexicalHit extends TextScore {
  readonly memory: MemoryText;
}

export function prepareQueryFor(store: MemoryStore, query: string): PreparedQuery {
  const { count, totalLength } = store.fullText.statistics();
  return prepareQuery(query, {
    documents: count,
    averageLength: count === 0 ? 0 : totalLength / count,
    documentsWith: (term) => store.fullText.documentFrequency(term),
  });
}

/** The memories that answer a question by their words, best first. */
export function searchWords(store: MemoryStore, question: PreparedQuery, filter: MemoryFilter): LexicalHit[] {
  const postings = termsToLookUp(question, lookupBudget).map((term) => ({
    term,
    ids: store.fullText.postings(term, filter, lookupBudget),
  }));
  return scoreWords(store, question, bestCandidates(postings, readLimit)).filter(({ coverage }) => coverage > 0);
}

/** The same score for memories that were found otherwise. */
export function scoreWords(store: MemoryStore, question: PreparedQuery, ids: readonly MemoryId[]): LexicalHit[] {
  return store.memories
    .texts(ids)
    .map((memory) => ({ memory, ...scoreText(question, memory.content) }))
    .sort((one, other) => other.coverage - one.coverage || other.memory.id - one.memory.id);
}
