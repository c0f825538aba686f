/**
 * VectorIndex: nearest-neighbor search over a projection of the `vectors` table. The table is the source of truth. The
 * index may lag behind it and can be deleted at any time. Only the index sync writes to it. It neither embeds nor uses
 * SQL.
 */
import type { IdFingerprint, Ranked, VectorChange, VectorFilter, VectorId, VectorSpace } from '../core/vector.ts';

export interface VectorIndex {
  readonly space: VectorSpace;
  /** The name of the engine, shown in `memory://info`: "flat (WASM SIMD)", "faiss-node". */
  readonly engine: string;
  /**
   * Applies the changes up to `generation` in order. Idempotent. Rejects with `invalid_input`, before anything changes,
   * if a vector does not fit the space. After any other error the index may be empty, at generation 0.
   */
  apply(changes: readonly VectorChange[], generation: number): Promise<void>;
  /**
   * The nearest vectors by cosine, best first, ties by ascending id. `query` needs `space.dimensions` numbers and a
   * norm above 0, otherwise the call rejects with `invalid_input`. A `limit` below 1 returns nothing.
   */
  nearest(query: Float32Array, limit: number, filter?: VectorFilter): Promise<readonly Ranked[]>;
  size(): Promise<number>;
  /** The fingerprint of the ids in the index. Undefined for a shared remote index, where it is too expensive. */
  fingerprint(): Promise<IdFingerprint | undefined>;
  /** The newest generation of the change log that was applied. 0 requests a rebuild. */
  appliedGeneration(): Promise<number>;
  /**
   * Empties the index and sets generation 0. The first step of a rebuild that ends with generation `target`; the
   * vectors follow in ascending order of their ids.
   */
  reset(target?: number): Promise<void>;
  /** Where an interrupted rebuild can be continued. Undefined if it must start again with `reset`. */
  resume?(): Promise<InterruptedRebuild | undefined>;
  /**
   * Saves the applied changes if the index has a file. Searches and changes may continue meanwhile. Rejects with
   * `backend_unavailable` if the file cannot be written. No data is lost then, because the file is a cache.
   */
  flush(): Promise<void>;
  /** Releases all resources without flushing. Idempotent. */
  close(): Promise<void>;
}

export interface InterruptedRebuild {
  /** All vectors up to this id are in the index. */
  readonly after: VectorId;
  /** The generation at which the rebuild started. Later changes have to be applied after it. */
  readonly target: number;
}

/** The snapshot file of a local index, and what identifies the store it belongs to. */
export interface SnapshotPlace {
  /** Path of `index.faiss`. Its folder is created when the file is written. */
  readonly file: string;
  readonly epoch: string;
  /** The tag of an entry of the change log. Undefined if the log has no such entry. */
  tagOf(generation: number): string | undefined;
}

/** The same for an index that lies elsewhere and must know whose it is. */
export interface StorePlace extends SnapshotPlace {
  /** Random, and made with the store. */
  readonly storeId: string;
}

/** A server that holds the vectors of many stores. It can be away, and filling it takes its time. */
export interface IndexServer {
  /** For messages: "Qdrant at localhost:6333". */
  readonly name: string;
  /** Throws what is wrong with the server, its address or the key. Quick, if need be with what was found a moment ago. */
  check(): Promise<void>;
  /** Ends every request that is waiting for an answer, and refuses new ones. */
  close(): void;
}
