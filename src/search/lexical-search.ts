/**
 * The lexical side of a search: full text proposes the memories that hold the rarest words of a query, and their
 * texts are read and scored. Works without a model.
 */

import type { MemoryFilter, MemoryId } from '../core/memory.ts';
import { type PreparedQuery, prepareQuery, scoreText, type TextScore } from '../scoring/bm25.ts';
import { bestCandidates, termsToLookUp } from '../scoring/candidates.ts';
import type { MemoryText } from '../store/memory-reading.ts';
import type { MemoryStore } from '../store/memory-store.ts';

/** Upper bound on the texts that the looked-up terms name together, and on those that are read. */
const lookupBudget = 1_000;
const readLimit = 100;

export interface LexicalHit extends TextScore {
  readonly memory: MemoryText;
}

export function prepareQueryFor(store: MemoryStore, queryText: string): PreparedQuery {
  const { count, totalLength } = store.fullText.statistics();
  return prepareQuery(queryText, {
    documents: count,
    averageLength: count === 0 ? 0 : totalLength / count,
    documentsWith: (term) => store.fullText.documentFrequency(term),
  });
}

/** The memories that match the query by their words, best first. */
export function searchWords(store: MemoryStore, query: PreparedQuery, filter: MemoryFilter): LexicalHit[] {
  const postings = termsToLookUp(query, lookupBudget).map((term) => ({
    term,
    ids: store.fullText.postings(term, filter, lookupBudget),
  }));
  return scoreWords(store, query, bestCandidates(postings, readLimit)).filter(({ coverage }) => coverage > 0);
}

/** The same score for memories that were found by meaning. */
export function scoreWords(store: MemoryStore, query: PreparedQuery, ids: readonly MemoryId[]): LexicalHit[] {
  return store.memories
    .texts(ids)
    .map((memory) => ({ memory, ...scoreText(query, memory.content) }))
    .sort((one, other) => other.coverage - one.coverage || other.memory.id - one.memory.id);
}
