/**
 * InferenceClient: the way to the process that runs models. What is behind it, a child of this process or one that
 * several servers share, makes no difference to a caller. It owns no model: each request names the one it means.
 */
import { MemoryMcpError } from '../../core/errors.ts';
import type {
  EmbedAs,
  EmbeddingModel,
  InferenceFailure,
  InferenceModel,
  InferencePriority,
} from './inference-protocol.ts';

export interface InferenceOptions {
  readonly priority: InferencePriority;
  /** Aborting rejects the call with the signal's reason at once; the process stops before its next chunk. */
  readonly signal?: AbortSignal | undefined;
}

export interface LoadedModel {
  /** Of its vectors; 1 for a reranker. */
  readonly dimensions: number;
  /** Where it really runs. */
  readonly device: string;
  /** Why that is not the device that was asked for. */
  readonly warning?: string | undefined;
}

export interface EmbeddedText {
  /** Unit vectors: one, or one per chunk in the order of the text. */
  readonly vectors: readonly Float32Array[];
  readonly embeddedCharacters: number;
}

/**
 * Every method rejects with an `InferenceError` that says whose fault it is. A request that was being worked on when
 * the process died is tried once more; one that was only waiting is simply sent again.
 */
export interface InferenceClient {
  /** Makes the model ready to embed, so that the first text does not wait for it. */
  load(model: EmbeddingModel, options: InferenceOptions): Promise<LoadedModel>;
  loadReranker(model: InferenceModel, options: InferenceOptions): Promise<LoadedModel>;
  /** `prefix` stands before each chunk and counts against its length. */
  embed(
    request: { model: EmbeddingModel; as: EmbedAs; prefix: string; text: string },
    options: InferenceOptions,
  ): Promise<EmbeddedText>;
  /** One score 0..1 per text, in the order given. */
  rerank(
    request: { model: InferenceModel; query: string; texts: readonly string[] },
    options: InferenceOptions,
  ): Promise<readonly number[]>;
  /** Ends the process, if there is one, and waits until it is gone. Work in flight is rejected. */
  close(): Promise<void>;
}

/** `crashed`: the process died, or dies again and again; `closed`: the client was closed. */
export type InferenceErrorReason = InferenceFailure | 'crashed' | 'closed';

/**
 * A text that failed is `internal`; everything else is `model_unavailable`: the text is not to blame and can be tried
 * again later.
 */
export class InferenceError extends MemoryMcpError {
  readonly reason: InferenceErrorReason;

  constructor(reason: InferenceErrorReason, message: string, hint?: string) {
    super(reason === 'work' ? 'internal' : 'model_unavailable', message, { hint });
    this.reason = reason;
  }
}
