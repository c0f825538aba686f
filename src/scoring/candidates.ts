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

/** Looks terms up behind a filter. */
export interface TermLookUp {
  /** Upper bound on the texts that the filter hides and `RatedTerm.documents` counts. */
  readonly hidden: number;
  /** The texts behind the filter that hold the term, at most `limit`. */
  readonly postings: (term: RatedTerm, limit: number) => readonly number[];
}

/**
 * Upper bound on the postings that are gone through where a filter hides some. The terms beyond it are so common that
 * they say next to nothing.
 */
const scannedLimit = 1_000_000;

/**
 * The postings of the most valuable terms that occur behind the filter and together name at most `budget` texts. The
 * first is always included, with the texts that fit. What the filter hides takes nothing of the budget.
 */
export function lookUpTerms({ terms }: PreparedQuery, budget: number, { hidden, postings }: TermLookUp): Posting[] {
  const found: Posting[] = [];
  let room = budget;
  let scanned = 0;
  for (const term of terms) {
    if (term.documents === 0 || term.value === 0) continue;
    // Too many texts hold it, whichever of them are hidden.
    if (found.length > 0 && term.documents - hidden > room) continue;
    scanned += hidden > 0 ? term.documents : 0;
    if (scanned > scannedLimit && found.length > 0) break;
    const ids = postings(term, found.length === 0 ? budget : room + 1);
    if (ids.length === 0 || (found.length > 0 && ids.length > room)) continue;
    room -= ids.length;
    found.push({ term, ids });
  }
  return found;
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
