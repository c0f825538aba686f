/**
 * InferenceClient: access to the process that runs models. The interface does not depend on whether that process is a
 * child of this one or shared by several servers. It keeps no state about models: each request names its model.
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
  /** Aborting rejects the call immediately with the signal's reason. The process stops before its next step. */
  readonly signal?: AbortSignal | undefined;
  /** The server that asks, where several share a process: they take turns. */
  readonly from?: number | undefined;
}

/** What runs the models at the moment, for people who wonder where their memory has gone. */
export interface InferenceStatus {
  /** Whether the servers of this user share a process or this one has its own. */
  readonly process: 'shared' | 'own';
  /** Why it is not shared, although the settings allow it. */
  readonly reason?: string | undefined;
  /** The process that runs the models. Absent while there is none. */
  readonly pid?: number | undefined;
  /** Its resident memory in bytes when it last answered. */
  readonly memory?: number | undefined;
  /** The process that shares it. */
  readonly host?: number | undefined;
  /** The process ids of the servers that use it, this one included. */
  readonly servers?: readonly number[] | undefined;
}

export interface LoadedModel {
  /** The dimensions of its vectors. 1 for a reranker. */
  readonly dimensions: number;
  /** The device that it actually runs on. */
  readonly device: string;
  /** Why that is not the requested device. */
  readonly warning?: string | undefined;
  /** It was not in memory before. In a shared process it often is. */
  readonly freshlyLoaded?: boolean | undefined;
}

export interface EmbeddedText {
  /** Unit vectors: a single one, or one per chunk in text order. */
  readonly vectors: readonly Float32Array[];
  readonly embeddedCharacters: number;
  /** The device that it ran on, and why that is not the requested one. */
  readonly device: string;
  readonly warning?: string | undefined;
  /** The model had to be loaded for it. */
  readonly freshlyLoaded?: boolean | undefined;
}

/**
 * Every method rejects with an `InferenceError` whose `reason` tells the cause. If the process crashes, the request in
 * progress is retried once. Queued requests are sent again.
 */
export interface InferenceClient {
  /** Loads the model before the first text needs it. */
  load(model: EmbeddingModel, options: InferenceOptions): Promise<LoadedModel>;
  loadReranker(model: InferenceModel, options: InferenceOptions): Promise<LoadedModel>;
  /** `prefix` is put before each chunk and counts toward its length. */
  embed(
    request: { model: EmbeddingModel; as: EmbedAs; prefix: string; text: string },
    options: InferenceOptions,
  ): Promise<EmbeddedText>;
  /** The chunks of each text, in the given order. All are embedded, or the call rejects. */
  embedTogether(
    request: { model: EmbeddingModel; prefix: string; texts: readonly string[] },
    options: InferenceOptions,
  ): Promise<readonly EmbeddedText[]>;
  /** Returns one score 0..1 per text, in the given order. */
  rerank(
    request: { model: InferenceModel; query: string; texts: readonly string[] },
    options: InferenceOptions,
  ): Promise<readonly number[]>;
  status(): InferenceStatus;
  /** Rejects all pending requests. Ends a process of its own and waits for its exit, or leaves the shared one. */
  close(): Promise<void>;
}

/** `crashed`: the process crashed or cannot be started. `closed`: the client was closed. */
export type InferenceErrorReason = InferenceFailure | 'crashed' | 'closed';

/**
 * `internal` if the text itself failed. Everything else is `model_unavailable`, and the text can be retried later.
 */
export class InferenceError extends MemoryMcpError {
  readonly reason: InferenceErrorReason;

  constructor(reason: InferenceErrorReason, message: string, hint?: string) {
    super(reason === 'work' ? 'internal' : 'model_unavailable', message, { hint });
    this.reason = reason;
  }
}
