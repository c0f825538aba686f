/**
 * A collection on a server, seen as memories instead of as an index: for moving a persona there and back. What lies in
 * it may be of another store, of another model or of another program.
 */
import type { ForeignMemory, MemoryKey } from '../core/memory.ts';
import type { VectorSpace } from '../core/vector.ts';

export interface MemoryCollection {
  /** For messages: `"memory_default" in Qdrant at localhost:6333`. */
  readonly title: string;
  /** Undefined if there is no such collection. */
  describe(): Promise<CollectionDescription | undefined>;
  /** Every memory, oldest first, in pages that are read when they are asked for. */
  pages(): AsyncIterable<CollectionPage>;
  /** What is stored of chunks of memories, in the order of `chunks`; undefined for what is not there. */
  read(chunks: readonly ChunkName[]): Promise<(StoredChunk | undefined)[]>;
}

export interface CollectionDescription {
  readonly points: number;
  /** The space of the vectors, where a memory-mcp has completed the collection. */
  readonly space: VectorSpace | undefined;
}

export interface CollectionPage {
  readonly memories: readonly CollectionMemory[];
  /** Points that are no memories, with the reason. */
  readonly skipped: readonly { readonly point: string; readonly reason: string }[];
  /** Points that have been looked at until now, and how many there are. */
  readonly done: number;
  readonly total: number;
}

export interface CollectionMemory {
  readonly memory: ForeignMemory;
  /** Of its chunks in order; empty where the collection does not say which model they are of. */
  readonly vectors: readonly Float32Array[];
}

export interface ChunkName {
  readonly key: MemoryKey;
  readonly chunk: number;
}

export interface StoredChunk {
  /** Undefined for a payload that is no memory's, as that of a later chunk. */
  readonly memory: ForeignMemory | undefined;
  readonly vector: Float32Array;
}
