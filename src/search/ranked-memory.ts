/** A memory of the ranked list, with what each stage of the search made of it. */
import type { MemoryText } from '../store/memory-reading.ts';

export interface RankedMemory {
  readonly memory: MemoryText;
  /** 0..1, comparable only inside one list. */
  readonly score: number;
  /** The share of the query's value that the text covers, 0..1. */
  readonly coverage: number;
  /** `proximity.ts`; computed for the best only. */
  readonly proximity?: number | undefined;
  /** Context terms (`context-terms.ts`); computed for the best only. */
  readonly preceding?: number | undefined;
  readonly cosine?: number | undefined;
  /** The reranker's score, 0..1. */
  readonly rerank?: number | undefined;
}
