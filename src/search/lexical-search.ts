/**
 * The lexical side of a search: full text proposes the memories that hold the rarest words of a query, and their
 * texts are read and scored. Works without a model.
 */

import type { MemoryFilter, MemoryId } from '../core/memory.ts';
import { type PreparedQuery, prepareQuery, scoreText, type TextScore, type TextStatistics } from '../scoring/bm25.ts';
import { bestCandidates, lookUpTerms, type TermLookUp } from '../scoring/candidates.ts';
import { rankingParameters } from '../scoring/ranking-parameters.ts';
import { matchesAllLive } from '../store/filter-predicate.ts';
import type { MemoryText } from '../store/memory-reading.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import { type AskedWords, holdsAskedWord, readAskedWords } from './held-words.ts';

/** Upper bound on the texts that the looked-up terms name together. */
const lookupBudget = 1_000;
/** Up to this many memories behind a filter are named to full text one by one. */
const narrowLimit = 30_000;

export interface LexicalHit extends TextScore {
  readonly memory: MemoryText;
}

/** A question prepared for full text and for reading what it finds. */
export interface WordQuery extends PreparedQuery {
  readonly asked: AskedWords;
}

export function prepareQueryFor(store: MemoryStore, queryText: string): WordQuery {
  return prepareWordQuery(queryText, statisticsOf(store));
}

export function prepareWordQuery(queryText: string, statistics: TextStatistics): WordQuery {
  return { ...prepareQuery(queryText, statistics), asked: readAskedWords(queryText) };
}

/** `tolerance`: by what share the frequencies of words may be off. */
export function statisticsOf(store: MemoryStore, tolerance?: number): TextStatistics {
  const { count, totalLength } = store.fullText.statistics();
  return {
    documents: count,
    averageLength: count === 0 ? 0 : totalLength / count,
    documentsWith: store.fullText.frequencies(tolerance),
  };
}

/** The memories that hold a word of the query, best first. */
export function searchWords(store: MemoryStore, query: WordQuery, filter: MemoryFilter): LexicalHit[] {
  const filtered = matchesAllLive(filter) ? undefined : store.memories.idsMatching(filter, narrowLimit);
  const candidates =
    filtered !== undefined && filtered.length <= rankingParameters.fixed.wordCandidates
      ? filtered
      : bestCandidates(
          lookUpTerms(query, lookupBudget, lookUpBehind(store, filter, filtered)),
          rankingParameters.fixed.wordCandidates,
        );
  return scoreWords(store, query, candidates).filter(({ matched, memory }) =>
    holdsAskedWord(query.asked, matched, memory.content),
  );
}

/** `filtered`: the memories that match the filter, where they are few. */
function lookUpBehind(
  { fullText }: MemoryStore,
  filter: MemoryFilter,
  filtered: readonly MemoryId[] | undefined,
): TermLookUp {
  return {
    hidden: matchesAllLive(filter) ? fullText.deletedTexts() : fullText.statistics().count,
    postings: (term, limit) =>
      filtered === undefined ? fullText.postings(term, filter, limit) : fullText.postingsAmong(term, filtered, limit),
  };
}

/** The same score for memories that were found by meaning. */
export function scoreWords(store: MemoryStore, query: PreparedQuery, ids: readonly MemoryId[]): LexicalHit[] {
  return store.memories
    .texts(ids)
    .map((memory) => ({ memory, ...scoreText(query, memory.content) }))
    .sort((one, other) => other.coverage - one.coverage || other.memory.id - one.memory.id);
}
