/** A memory of the ranked list, with what each stage of the search made of it. */
import type { Language } from '../core/text/language.ts';
import type { Loan } from '../scoring/ranking.ts';
import type { Turn } from '../scoring/turns.ts';
import type { MemoryText } from '../store/memory-reading.ts';

export interface RankedMemory extends Turn {
  readonly memory: MemoryText;
  readonly language: Language;
  /** 0..1, comparable only inside one list. */
  readonly score: number;
  /** Whether it counts as a result (`scoring/strength.ts`), and does not only fill the page. */
  readonly hit: boolean;
  /** The share of the query's value that the text covers, 0..1. */
  readonly coverage: number;
  /** `proximity.ts`; computed for the best only. */
  readonly proximity?: number | undefined;
  /** Context terms (`context-terms.ts`); computed for the best only. */
  readonly preceding?: number | undefined;
  /** What a memory beside it lent. */
  readonly loan?: Loan | undefined;
  readonly cosine?: number | undefined;
  /** Where the nearest chunk begins, as a share of the text: roughly, since chunks are not equally long. */
  readonly nearestAt?: number | undefined;
  /** The reranker's score, 0..1. */
  readonly rerank?: number | undefined;
}
