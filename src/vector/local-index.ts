/**
 * The common part of all in-process indexes: holds the float32 rows, applies changes, searches, and loads and saves
 * `index.faiss`. A driver adds a scanner and a name.
 */
import { MemoryMcpError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import {
  type IdFingerprint,
  type Ranked,
  unitVector,
  type VectorChange,
  type VectorFilter,
  type VectorSpace,
} from '../core/vector.ts';
import { editRows } from './edit-rows.ts';
import { findNearest } from './exact-nearest.ts';
import { loadSnapshot, type SnapshotDeps, saveSnapshot } from './file/index-snapshot.ts';
import type { RowScanner } from './scan/row-scanner.ts';
import type { SnapshotPlace, VectorIndex } from './vector-index.ts';
import type { VectorRows } from './vector-rows.ts';

export interface LocalIndexDeps {
  readonly space: VectorSpace;
  readonly logger: Logger;
  /** Without a snapshot the index exists only in memory. */
  readonly snapshot?: SnapshotPlace | undefined;
}

export interface LocalIndexDriver {
  readonly engine: string;
  readonly rows: VectorRows;
  readonly scanner: RowScanner | undefined;
}

/**
 * Loads the file if it matches `space` and the store. Otherwise the index is empty, at generation 0, and has to be
 * rebuilt. A file that exists but does not match is logged as a warning.
 */
export async function openLocalIndex(deps: LocalIndexDeps, driver: LocalIndexDriver): Promise<VectorIndex> {
  const index = new LocalIndex(deps, driver);
  await index.load();
  return index;
}

class LocalIndex implements VectorIndex {
  readonly space: VectorSpace;
  readonly engine: string;
  readonly #rows: VectorRows;
  readonly #scanner: RowScanner | undefined;
  readonly #snapshot: SnapshotDeps | undefined;
  #generation = 0;
  #savedGeneration: number | undefined;
  #lastFlush: Promise<void> = Promise.resolve();
  #closed = false;

  constructor({ space, logger, snapshot }: LocalIndexDeps, { engine, rows, scanner }: LocalIndexDriver) {
    this.space = space;
    this.engine = engine;
    this.#rows = rows;
    this.#scanner = scanner;
    this.#snapshot = snapshot === undefined ? undefined : { place: snapshot, space, logger };
  }

  async load(): Promise<void> {
    const state = this.#snapshot === undefined ? undefined : await loadSnapshot(this.#snapshot);
    if (state === undefined) return;
    this.#rows.replaceAll(state.rows);
    this.#scanner?.load();
    this.#generation = state.generation;
    this.#savedGeneration = state.generation;
  }

  async apply(changes: readonly VectorChange[], generation: number): Promise<void> {
    this.#requireOpen();
    const edit = editRows(this.#rows, changes);
    try {
      this.#scanner?.update(edit);
    } catch (error) {
      this.#clear();
      throw error;
    }
    this.#generation = Math.max(this.#generation, generation);
  }

  async nearest(query: Float32Array, limit: number, filter?: VectorFilter): Promise<readonly Ranked[]> {
    this.#requireOpen();
    return findNearest({
      rows: this.#rows,
      scanner: this.#scanner,
      query: unitVector(query, this.space.dimensions),
      limit,
      allowed: filter?.ids(),
    });
  }

  async size(): Promise<number> {
    return this.#rows.count;
  }

  async fingerprint(): Promise<IdFingerprint> {
    return this.#rows.fingerprint();
  }

  async appliedGeneration(): Promise<number> {
    return this.#generation;
  }

  async reset(): Promise<void> {
    this.#requireOpen();
    this.#clear();
  }

  async flush(): Promise<void> {
    this.#requireOpen();
    const flushed = this.#lastFlush.then(() => this.#write());
    this.#lastFlush = flushed.catch(() => {});
    await flushed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#lastFlush;
    this.#clear();
  }

  async #write(): Promise<void> {
    if (this.#snapshot === undefined) return;
    const generation = this.#generation;
    const state = { rows: this.#rows.pin(), generation, savedGeneration: this.#savedGeneration };
    try {
      await saveSnapshot(this.#snapshot, state);
      this.#savedGeneration = generation;
    } finally {
      this.#rows.unpin();
    }
  }

  #clear(): void {
    this.#rows.clear();
    this.#scanner?.clear();
    this.#generation = 0;
    this.#savedGeneration = undefined;
  }

  #requireOpen(): void {
    if (this.#closed) throw new MemoryMcpError('internal', 'The vector index is closed');
  }
}
