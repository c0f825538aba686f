/**
 * Context terms: words of the query that a memory lacks and the memories written just before it hold. In a conversation
 * the answer often lacks the words of the question, because they stand in the line before. They count for less than a
 * memory's own words.
 */

import { lazily } from '../core/lazily.ts';
import type { MemoryId } from '../core/memory.ts';
import { type PreparedQuery, type RatedTerm, scoreText } from '../scoring/bm25.ts';
import { idsBefore, inSameSession } from '../scoring/session-window.ts';
import type { MemoryText } from '../store/memory-reading.ts';
import type { MemoryStore } from '../store/memory-store.ts';

export interface WordHit {
  readonly memory: MemoryText;
  /** The terms of the query that the text holds. */
  readonly matched: readonly RatedTerm[];
}

/**
 * For each of `best` (a part of `candidates`) the share, 0..1, of the query's value in terms that the text lacks and the
 * memories just before it in the same session window hold. Deleted memories that were not asked for are ignored.
 */
export function findContextTerms(
  store: MemoryStore,
  query: PreparedQuery,
  { best, candidates }: { best: readonly WordHit[]; candidates: readonly WordHit[] },
): Map<MemoryId, number> {
  if (query.totalValue === 0) return new Map();
  const lacking = selectByMissingTerms(query, best, candidates);
  const known = new Map(candidates.map((candidate) => [candidate.memory.id, candidate]));
  const missing = new Set(lacking.flatMap(({ memory }) => idsBefore(memory.id)).filter((id) => !known.has(id)));
  for (const memory of store.memories.texts([...missing], 'live')) {
    // Scored only if it belongs to the same session window.
    const matched = lazily(() => scoreText(query, memory.content).matched);
    known.set(memory.id, {
      memory,
      get matched() {
        return matched();
      },
    });
  }
  return new Map(
    best.map(({ memory, matched }) => {
      const before = idsBefore(memory.id).flatMap((id) => known.get(id) ?? []);
      const held = new Set(before.filter((one) => inSameSession(memory, one.memory)).flatMap((one) => one.matched));
      for (const term of matched) held.delete(term);
      const value = [...held].reduce((sum, term) => sum + term.value, 0);
      return [memory.id, value / query.totalValue];
    }),
  );
}

/**
 * Those of `best` that lack a term which texts outside the candidates hold. For all others, no further text has to be
 * read.
 */
function selectByMissingTerms(
  { terms }: PreparedQuery,
  best: readonly WordHit[],
  candidates: readonly WordHit[],
): WordHit[] {
  const holders = new Map<RatedTerm, number>();
  for (const { matched } of candidates) for (const term of matched) holders.set(term, (holders.get(term) ?? 0) + 1);
  const elsewhere = terms.filter((term) => term.documents > (holders.get(term) ?? 0));
  return best.filter(({ matched }) => {
    const held = new Set(matched);
    return elsewhere.some((term) => !held.has(term));
  });
}
