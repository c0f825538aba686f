/**
 * VectorIndex: a projection of the `vectors` table that answers "what is nearest?".
 * It may lag and may be deleted; `workspace.sync()` is the only writer. Never the truth, never embeds, never sees SQL.
 */
import type { IdFingerprint, Ranked, VectorChange, VectorFilter, VectorSpace } from '../core/vector.ts';

export interface VectorIndex {
  readonly space: VectorSpace;
  /** Which engine answers, for `memory://info`: "flat (WASM SIMD)", "faiss-node", "qdrant". */
  readonly engine: string;
  /**
   * Applies changes up to `generation` in order. Applying the same change twice is the same as once. `invalid_input`
   * for a vector that is no vector of this space, before anything is changed. After any other error the index may be
   * empty and its generation 0.
   */
  apply(changes: readonly VectorChange[], generation: number): Promise<void>;
  /**
   * The nearest vectors by cosine, best first, equal scores by ascending id. `query` has `space.dimensions` numbers and
   * any length but 0 (else `invalid_input`); a `limit` below 1 finds nothing.
   */
  nearest(query: Float32Array, limit: number, filter?: VectorFilter): Promise<readonly Ranked[]>;
  size(): Promise<number>;
  /** Of the ids that it holds; undefined for an index that others share, which cannot tell cheaply. */
  fingerprint(): Promise<IdFingerprint | undefined>;
  /** The newest generation of the change log that `apply` has seen; 0 asks for a rebuild. */
  appliedGeneration(): Promise<number>;
  /** Forgets everything, generation 0: the first step of a rebuild. */
  reset(): Promise<void>;
  /**
   * Makes what was applied durable, where the index has a file: `backend_unavailable` where that cannot be written,
   * which loses nothing, since the file is a cache. Searches and changes may go on meanwhile.
   */
  flush(): Promise<void>;
  /** Flushes nothing; frees what is held. Closing twice is closing once. */
  close(): Promise<void>;
}

/** Where a local index keeps what it holds between runs, and the store whose vectors these are. */
export interface SnapshotPlace {
  /** Path of `index.faiss`. Its folder is made when it is written. */
  readonly file: string;
  readonly epoch: string;
  /** The tag of a row of the change log, undefined where the log does not hold it. */
  tagOf(generation: number): string | undefined;
}
