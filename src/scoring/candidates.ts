/**
 * Which texts to read for a query. The store looks up the most valuable terms, and the texts with the highest sum of
 * term values are read and scored (`bm25.ts`). Common terms are left out: they would name half of the store.
 */
import type { PreparedQuery, RatedTerm } from './bm25.ts';

export interface Posting {
  readonly term: RatedTerm;
  /** The texts that hold the term. */
  readonly ids: readonly number[];
}

/**
 * The most valuable terms that occur in the store and together name at most `budget` texts. The first is always
 * included; if it exceeds the budget alone, the caller reads only its newest texts.
 */
export function termsToLookUp(question: PreparedQuery, budget: number): RatedTerm[] {
  const chosen: RatedTerm[] = [];
  let named = 0;
  for (const term of question.terms) {
    if (term.documents === 0 || term.value === 0) continue;
    if (chosen.length > 0 && named + term.documents > budget) continue;
    named += term.documents;
    chosen.push(term);
  }
  return chosen;
}

/** The ids with the highest sums of term values, at most `limit`, ties by newest first. */
export function bestCandidates(postings: Iterable<Posting>, limit: number): number[] {
  const sums = new Map<number, number>();
  for (const { term, ids } of postings) {
    for (const id of ids) sums.set(id, (sums.get(id) ?? 0) + term.value);
  }
  return [...sums]
    .sort(([oneId, one], [otherId, other]) => other - one || otherId - oneId)
    .slice(0, limit)
    .map(([id]) => id);
}
