/**
 * Finds candidates with the flat index of faiss-node, an IndexIDMap whose labels are our ids. The binding cannot add
 * vectors with ids and takes no typed arrays, so vectors are passed in files in the FAISS format. It aborts the process
 * instead of throwing (k = 0, a failed write, operations that an index type lacks), so every argument must be valid.
 *
 * The binding leaks its copy of each query: a search leaks `dimensions * 4` bytes until the process ends.
 */

import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Index } from 'faiss-node';
import { MemoryMcpError, reasonOf } from '../../core/errors.ts';
import type { IdSet, VectorId } from '../../core/vector.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { privateFileMode, privateFolderMode } from '../../files/private-modes.ts';
import { createTemporaryPath } from '../../files/replace-file.ts';
import { encodeHead, encodeIds } from '../file/faiss-format.ts';
import { rowsPerBlock, type VectorRows } from '../vector-rows.ts';
import type { Proposal, RowEdit, RowScanner } from './row-scanner.ts';

export interface FaissScannerDeps {
  readonly rows: VectorRows;
  /** `Index.read` of faiss-node. */
  readonly read: (path: string) => Index;
  /** The files that pass vectors to FAISS are created next to this path. */
  readonly file: string;
}

/** FAISS compares each of its ids with each id to remove. Beyond this number it is faster to rebuild its index. */
const maximumRemovals = 2000;

export class FaissScanner implements RowScanner {
  readonly #rows: VectorRows;
  readonly #read: (path: string) => Index;
  readonly #file: string;
  /** Undefined while there are no rows, because an empty index can abort the process. */
  #index: Index | undefined;

  constructor({ rows, read, file }: FaissScannerDeps) {
    this.#rows = rows;
    this.#read = read;
    this.#file = file;
  }

  update({ put, gone }: RowEdit): void {
    const rows = this.#rows;
    if (rows.count === 0 || this.#index === undefined || gone.length > maximumRemovals) {
      this.load();
      return;
    }
    if (gone.length > 0) this.#index.removeIds([...gone]);
    if (put.length > 0) this.#index.mergeFrom(this.#buildIndex(put));
    const total = this.#index.ntotal();
    if (total !== rows.count) throw new MemoryMcpError('internal', `FAISS has ${total} of ${rows.count} vectors`);
  }

  load(): void {
    const rows = this.#rows;
    const ids = Array.from({ length: rows.count }, (_, row) => rows.idAt(row));
    this.#index = ids.length === 0 ? undefined : this.#buildIndex(ids);
  }

  search(query: Float32Array, allowed: IdSet | undefined): (wanted: number) => Proposal {
    const numbers = Array.from(query);
    return (wanted) => {
      const index = this.#index;
      if (index === undefined) return { rows: [], ceiling: Number.NEGATIVE_INFINITY };
      const all = wanted >= this.#rows.count;
      const { labels, distances } = index.search(numbers, all ? this.#rows.count : wanted);
      const rows = labels
        .filter((id) => allowed === undefined || allowed.has(id))
        .map((id) => this.#rows.rowOf(id))
        .filter((row) => row !== undefined);
      const cut = distances.at(-1) ?? Number.NEGATIVE_INFINITY;
      return { rows, ceiling: all ? Number.NEGATIVE_INFINITY : cut + errorBound(query.length) };
    };
  }

  clear(): void {
    this.#index = undefined;
  }

  /** Builds a FAISS index of the vectors with these ids. */
  #buildIndex(ids: readonly VectorId[]): Index {
    const path = createTemporaryPath(this.#file);
    try {
      makeFolder(dirname(path), privateFolderMode);
      try {
        writeVectors(path, ids, this.#rows);
        return this.#read(path);
      } finally {
        rmSync(path, { force: true });
      }
    } catch (cause) {
      throw new MemoryMcpError('backend_unavailable', `Vectors could not be passed to FAISS: ${reasonOf(cause)}`, {
        hint: `Free disk space or fix the permissions of ${dirname(path)}.`,
        cause,
      });
    }
  }
}

function writeVectors(path: string, ids: readonly VectorId[], rows: VectorRows): void {
  const file = openSync(path, 'wx', privateFileMode);
  try {
    writeAll(file, encodeHead(rows.dimensions, ids.length));
    const list = ids.map((id) => rows.rowOf(id) ?? Number.NaN);
    for (const { from, count } of rows.splitIntoRuns(list, rowsPerBlock)) {
      const vectors = rows.vectorsAt(from, count);
      writeAll(file, new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength));
    }
    writeAll(file, encodeIds(Float64Array.from(ids)));
  } finally {
    closeSync(file);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength; ) done += writeSync(file, bytes, done);
}

/** Upper bound on the rounding error of a float32 dot product of unit vectors. */
function errorBound(dimensions: number): number {
  return dimensions * 2 ** -24;
}
