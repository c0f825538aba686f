/**
 * The words that were said just before. In a conversation the memory that answers a question often lacks the question's
 * words, because they stand in the memory before it; recall counts them for less than a memory's own.
 */

import { lazily } from '../core/lazily.ts';
import type { MemoryId } from '../core/memory.ts';
import { type PreparedQuery, type RatedTerm, scoreText } from '../scoring/bm25.ts';
import { idsBefore, inSameSession } from '../scoring/session-window.ts';
import type { MemoryText } from '../store/memory-reading.ts';
import type { MemoryStore } from '../store/memory-store.ts';

export interface WordHit {
  readonly memory: MemoryText;
  /** The terms of the question that the text holds. */
  readonly matched: readonly RatedTerm[];
}

/**
 * For each of `best`, which are among `candidates`, the share (0..1) of the question's value in terms that the text
 * lacks and those written just before it in the same sitting hold. A deleted memory that was not asked for says nothing.
 */
export function findContextTerms(
  store: MemoryStore,
  question: PreparedQuery,
  { best, candidates }: { best: readonly WordHit[]; candidates: readonly WordHit[] },
): Map<MemoryId, number> {
  if (question.totalValue === 0) return new Map();
  const lacking = lackingWhatOthersHold(question, best, candidates);
  const known = new Map(candidates.map((candidate) => [candidate.memory.id, candidate]));
  const missing = new Set(lacking.flatMap(({ memory }) => idsBefore(memory.id)).filter((id) => !known.has(id)));
  for (const memory of store.memories.texts([...missing], 'live')) {
    // Read only where it turns out to be of the same sitting.
    const matched = lazily(() => scoreText(question, memory.content).matched);
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
      const said = new Set(before.filter((one) => inSameSession(memory, one.memory)).flatMap((one) => one.matched));
      for (const term of matched) said.delete(term);
      const value = [...said].reduce((sum, term) => sum + term.value, 0);
      return [memory.id, value / question.totalValue];
    }),
  );
}

/**
 * Those of `best` before which something may have been said that is in no candidate. Where all texts that hold a term
 * are candidates, nothing else has to be read for it.
 */
function lackingWhatOthersHold(
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
