/**
 * VectorIndex: a projection of the `vectors` table that answers "what is nearest?".
 * It may lag and may be deleted; `workspace.sync()` is the only writer. Never the truth, never embeds, never sees SQL.
 */
import type { Ranked, VectorChange, VectorFilter, VectorSpace } from '../core/vector.ts';

export interface VectorIndex {
  readonly space: VectorSpace;
  /** Which engine answers, for `memory://info` and `doctor`: "flat (WASM SIMD)", "faiss-node", "qdrant". */
  readonly engine: string;
  /** Applies changes up to `generation` in order. Applying the same change twice is the same as once. */
  apply(changes: readonly VectorChange[], generation: number): Promise<void>;
  /** The nearest vectors by cosine, best first, equal scores by ascending id. `query` is a unit vector of `space.dimensions`. */
  nearest(query: Float32Array, limit: number, filter?: VectorFilter): Promise<readonly Ranked[]>;
  size(): Promise<number>;
  /** The newest generation of the change log that `apply` has seen; 0 for an empty index. */
  appliedGeneration(): Promise<number>;
  /** Forgets everything, generation 0: the first step of a rebuild. */
  reset(): Promise<void>;
  /** Makes what was applied durable, where the index has a file. */
  flush(): Promise<void>;
  /** Flushes nothing; frees what is held. Closing twice is closing once. */
  close(): Promise<void>;
}

/**
 * What a snapshot belongs to. A file is used only if `epoch` is the store's and the change log still holds
 * `generation` with this `tag`; `generation` 0 has no row and the tag is "".
 */
export interface SnapshotStamp {
  readonly epoch: string;
  readonly generation: number;
  readonly tag: string;
}
