/**
 * Embedder: turns text into vectors of one space. The workspace uses it for queries and for the queue of memories
 * without a vector. It never blocks a caller on a download; what it is doing is in `status()`.
 */
import type { VectorSpace } from '../core/vector.ts';

export type ModelState = 'off' | 'ready' | 'loading' | 'downloading' | 'absent' | 'failed' | 'runtime missing';

export interface ModelStatus {
  readonly state: ModelState;
  readonly model: string;
  /** Why, and what to do: present for absent, failed and runtime missing. */
  readonly detail?: string | undefined;
  /** 0..100 while downloading. */
  readonly progress?: number | undefined;
}

export interface DocumentVectors {
  /** One unit vector per chunk, chunk 0 first. */
  readonly vectors: readonly Float32Array[];
  /** How many characters of the text the chunks cover; less than its length only where a cap cut it. */
  readonly embeddedCharacters: number;
}

export interface EmbedOptions {
  /** A query goes before background work. */
  readonly priority: 'interactive' | 'background';
  readonly signal?: AbortSignal | undefined;
}

export interface Embedder {
  status(): ModelStatus;
  /** The space of its vectors; undefined while the model is not known well enough (absent, never loaded). */
  space(): VectorSpace | undefined;
  /** A unit vector of a question, or `model_unavailable`. */
  embedQuery(text: string, options?: EmbedOptions): Promise<Float32Array>;
  /** The chunks of a memory, or `model_unavailable`. */
  embedDocument(text: string, options: EmbedOptions): Promise<DocumentVectors>;
}
