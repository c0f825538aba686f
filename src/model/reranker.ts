/**
 * Reranker: scores how well candidate texts answer a query, reading the query and a text together.
 */
import type { Language } from '../core/text/language.ts';
import type { EmbedOptions, ModelStatus } from './embedder.ts';

export interface RerankOptions {
  /** `interactive` unless it says otherwise. */
  readonly priority?: EmbedOptions['priority'] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Reranker {
  /** The languages it can read; undefined if that is not known. */
  readonly languages: readonly Language[] | undefined;
  status(): ModelStatus;
  /**
   * Returns one score 0..1 per text, in the given order, or rejects with `model_unavailable`. Query and text together
   * are truncated to the model's limit (512 tokens), so pass the relevant part of a long memory.
   */
  score(query: string, texts: readonly string[], options?: RerankOptions): Promise<readonly number[]>;
}
