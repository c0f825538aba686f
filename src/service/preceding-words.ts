/**
 * The words that were said just before. In a conversation the memory that answers a question often lacks the question's
 * words, because they stand in the memory before it; recall counts them for less than a memory's own.
 */
import { type Question, type RatedTerm, scoreText } from '../core/bm25.ts';
import type { MemoryId } from '../core/memory.ts';
import { idsBefore, inOneSitting } from '../core/sitting.ts';
import type { MemoryText } from '../store/memory-reading.ts';
import type { MemoryStore } from '../store/memory-store.ts';

export interface Candidate {
  readonly memory: MemoryText;
  /** The terms of the question that the text holds. */
  readonly matched: readonly RatedTerm[];
}

/**
 * For each of `best`, which are among `candidates`, the share (0..1) of the question's value in terms that the text
 * lacks and those written just before it in the same sitting hold. A deleted memory that was not asked for says nothing.
 */
export function precedingWords(
  store: MemoryStore,
  question: Question,
  { best, candidates }: { best: readonly Candidate[]; candidates: readonly Candidate[] },
): Map<MemoryId, number> {
  if (question.totalValue === 0) return new Map();
  const known = new Map(candidates.map((candidate) => [candidate.memory.id, candidate]));
  const missing = new Set(best.flatMap(({ memory }) => idsBefore(memory.id)).filter((id) => !known.has(id)));
  for (const memory of store.memories.texts([...missing], 'live')) {
    known.set(memory.id, { memory, matched: scoreText(question, memory.content).matched });
  }
  return new Map(
    best.map(({ memory, matched }) => {
      const before = idsBefore(memory.id).flatMap((id) => known.get(id) ?? []);
      const said = new Set(before.filter((one) => inOneSitting(memory, one.memory)).flatMap((one) => one.matched));
      for (const term of matched) said.delete(term);
      const value = [...said].reduce((sum, term) => sum + term.value, 0);
      return [memory.id, value / question.totalValue];
    }),
  );
}
