/**
 * Proposes rows with faiss-node's flat index, an IndexIDMap whose labels are our ids. The binding ends the process where
 * others throw (k = 0, a failed write, operations that a kind of index lacks), has no way to add vectors with ids, and
 * takes no typed arrays: so vectors enter through files in FAISS's format, and every argument is known to be good.
 *
 * The binding never frees its copy of a query: each search costs `dimensions * 4` bytes for the life of the process.
 */

import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Index } from 'faiss-node';
import { MemoryMcpError, reasonOf } from '../../core/errors.ts';
import type { IdSet, VectorId } from '../../core/vector.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { privateFileMode, privateFolderMode } from '../../files/private-modes.ts';
import { temporaryPath } from '../../files/replace-file.ts';
import { encodeHead, encodeIds } from '../file/faiss-format.ts';
import { rowsPerBlock, type VectorRows } from '../vector-rows.ts';
import type { Proposal, RowEdit, RowScanner } from './row-scanner.ts';

export interface FaissScannerDeps {
  readonly rows: VectorRows;
  /** `Index.read` of faiss-node. */
  readonly read: (path: string) => Index;
  /** Files that carry vectors to FAISS are made beside this path. */
  readonly file: string;
}

/** FAISS compares every id it holds with every id to remove; beyond this it is faster to hand over the rest anew. */
const mostRemovedAtOnce = 2000;

export class FaissScanner implements RowScanner {
  readonly #rows: VectorRows;
  readonly #read: (path: string) => Index;
  readonly #file: string;
  /** Undefined while there is nothing: an empty index can end the process. */
  #index: Index | undefined;

  constructor({ rows, read, file }: FaissScannerDeps) {
    this.#rows = rows;
    this.#read = read;
    this.#file = file;
  }

  update({ put, gone }: RowEdit): void {
    const rows = this.#rows;
    if (rows.count === 0 || this.#index === undefined || gone.length > mostRemovedAtOnce) {
      this.load();
      return;
    }
    if (gone.length > 0) this.#index.removeIds([...gone]);
    if (put.length > 0) this.#index.mergeFrom(this.#hand(put));
    const held = this.#index.ntotal();
    if (held !== rows.count) throw new MemoryMcpError('internal', `FAISS holds ${held} of ${rows.count} vectors`);
  }

  load(): void {
    const rows = this.#rows;
    const ids = Array.from({ length: rows.count }, (_, row) => rows.idAt(row));
    this.#index = ids.length === 0 ? undefined : this.#hand(ids);
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

  /** A FAISS index of the vectors under these ids. */
  #hand(ids: readonly VectorId[]): Index {
    const path = temporaryPath(this.#file);
    try {
      makeFolder(dirname(path), privateFolderMode);
      try {
        writeVectors(path, ids, this.#rows);
        return this.#read(path);
      } finally {
        rmSync(path, { force: true });
      }
    } catch (cause) {
      throw new MemoryMcpError('backend_unavailable', `Vectors could not be handed to FAISS: ${reasonOf(cause)}`, {
        hint: `Make room on the disk or repair the permissions of ${dirname(path)}.`,
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
    for (const { from, count } of rows.runsOf(list, rowsPerBlock)) {
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

/** How far a sum of float32 products of unit vectors may be from the true one. */
function errorBound(dimensions: number): number {
  return dimensions * 2 ** -24;
}
