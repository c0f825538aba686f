/** A memory of the ranked list, with what each stage of the search made of it. */
import type { MemoryText } from '../store/memory-reading.ts';

export interface RankedMemory {
  readonly memory: MemoryText;
  /** 0..1, comparable only inside one list. */
  readonly score: number;
  /** The share of the question's words that the text holds, 0..1. */
  readonly coverage: number;
  /** Those of them that stand together in question and text (`proximity.ts`); looked at for the best alone. */
  readonly proximity?: number | undefined;
  /** The share of them that the text lacks and those written just before it hold; looked at for the best alone. */
  readonly preceding?: number | undefined;
  readonly cosine?: number | undefined;
  /** How well the text answers the question in the reranker's eyes, 0..1. */
  readonly rerank?: number | undefined;
}
