/**
 * Embedder: turns text into vectors of one space, for queries and for memories that have no vector yet. Calls never
 * wait for a download. `status()` shows its current state.
 */
import type { VectorSpace } from '../core/vector.ts';

export type ModelState = 'off' | 'ready' | 'loading' | 'downloading' | 'absent' | 'failed' | 'runtime missing';

export interface ModelStatus {
  readonly state: ModelState;
  readonly model: string;
  /** The reason and what to do about it. Present for absent, failed and runtime missing. */
  readonly detail?: string | undefined;
  /** The device that serves, once the model is ready. */
  readonly device?: string | undefined;
  /** 0..100 while downloading. */
  readonly progress?: number | undefined;
  /** While loading: in how many milliseconds it should be loaded, by how long it took before. */
  readonly readyIn?: number | undefined;
}

export interface DocumentVectors {
  /** One unit vector per chunk, chunk 0 first. */
  readonly vectors: readonly Float32Array[];
  /** How many characters of the text are in the chunks. Less than its length only if the chunk limit truncated it. */
  readonly embeddedCharacters: number;
}

export interface EmbedOptions {
  /** `interactive` requests run before `background` requests. */
  readonly priority: 'interactive' | 'background';
  readonly signal?: AbortSignal | undefined;
}

export interface Embedder {
  status(): ModelStatus;
  /** The space of its vectors. Undefined while the files do not determine it: absent, or never loaded. */
  space(): VectorSpace | undefined;
  /** Returns a unit vector for a query, or rejects with `model_unavailable`. */
  embedQuery(text: string, options?: EmbedOptions): Promise<Float32Array>;
  /** Returns one vector per chunk of a memory, or rejects with `model_unavailable`. */
  embedDocument(text: string, options: EmbedOptions): Promise<DocumentVectors>;
  /**
   * Does that for several memories in less time than one after another, or returns undefined where the model takes no
   * batches. Rejects if any of the texts cannot be embedded.
   */
  embedTogether(texts: readonly string[], options: EmbedOptions): Promise<readonly DocumentVectors[] | undefined>;
}
