/**
 * Reranker: reads a question and candidate texts together and says how well each answers it.
 */
import type { ModelStatus } from './embedder.ts';

export interface Reranker {
  status(): ModelStatus;
  /**
   * One score 0..1 per text, in the order given, or `model_unavailable`. Question and text together are read up to the
   * model's length (512 tokens), so of a long memory hand in the part that matters.
   */
  score(
    query: string,
    texts: readonly string[],
    options?: { signal?: AbortSignal | undefined },
  ): Promise<readonly number[]>;
}
