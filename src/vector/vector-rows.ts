/**
 * The float32 vectors of a local index, row by row, with their ids. Exact scores and the file are made from them. A
 * dropped row is replaced by the last row, so there are no gaps and the order of the rows has no meaning. Blocks are
 * copy-on-write while a snapshot of them is being saved.
 */
import { dotProduct, fingerprintModulus, type IdFingerprint, type VectorId } from '../core/vector.ts';

/** Rows per block: 1 MB at 256 dimensions. Files are read and written one block at a time. */
export const rowsPerBlock = 1024;

/** The rows at one moment. Each block has `rowsPerBlock` rows. The last one may have fewer. */
export interface RowsSnapshot {
  readonly dimensions: number;
  readonly count: number;
  /** The id of each row. */
  readonly ids: Float64Array;
  readonly blocks: readonly Float32Array[];
}

export class VectorRows {
  readonly dimensions: number;
  #count = 0;
  #ids = new Float64Array(0);
  #blocks: Float32Array[] = [];
  /**
   * Built on first use. The first search after opening does not need it, and building it takes longer than the search.
   */
  #rowById: Map<VectorId, number> | undefined;
  /** Blocks that a snapshot is still reading. */
  readonly #pinned = new Set<Float32Array>();

  constructor(dimensions: number) {
    this.dimensions = dimensions;
  }

  get count(): number {
    return this.#count;
  }

  /** The fingerprint of the ids of all rows, including duplicates. */
  fingerprint(): IdFingerprint {
    let sum = 0;
    let squares = 0;
    for (let row = 0; row < this.#count; row++) {
      const id = this.idAt(row);
      sum += id;
      squares += (id % fingerprintModulus) ** 2 % fingerprintModulus;
    }
    return { count: this.#count, sum, squares };
  }

  rowOf(id: VectorId): number | undefined {
    return this.#rows().get(id);
  }

  idAt(row: number): VectorId {
    return this.#ids[row] ?? Number.NaN;
  }

  /** Splits a list of rows into runs of contiguous rows within one block, each with at most `maximum` rows. */
  *splitIntoRuns(list: readonly number[], maximum: number): Generator<{ from: number; count: number }> {
    let start = 0;
    while (start < list.length) {
      const from = list[start] ?? 0;
      const limit = Math.min(maximum, rowsPerBlock - (from % rowsPerBlock));
      let count = 1;
      while (count < limit && list[start + count] === from + count) count++;
      yield { from, count };
      start += count;
    }
  }

  /** A view of `count` contiguous rows in one block. Valid until the next change. */
  vectorsAt(row: number, count: number): Float32Array {
    const at = (row % rowsPerBlock) * this.dimensions;
    return this.#blockOf(row).subarray(at, at + count * this.dimensions);
  }

  /** The cosine of `row` and a unit vector, summed in float64 and rounded to float32. -1..1. */
  cosine(row: number, query: Float64Array): number {
    const { dimensions } = this;
    const block = this.#blockOf(row);
    const at = (row % rowsPerBlock) * dimensions;
    let sum = 0;
    for (let index = 0; index < dimensions; index++) sum += (block[at + index] ?? 0) * (query[index] ?? 0);
    return toCosine(sum);
  }

  /** The cosines of all rows, identical to those of `cosine`. */
  cosines(query: Float64Array): Float32Array {
    const cosines = new Float32Array(this.#blocks.length * rowsPerBlock);
    this.#blocks.forEach((block, index) => {
      const count = Math.min(rowsPerBlock, this.#count - index * rowsPerBlock);
      computeCosines(block, count, query, cosines.subarray(index * rowsPerBlock));
    });
    return cosines;
  }

  /** Stores the vector of an id in its existing row or in a new one. Returns the row. */
  put(id: VectorId, vector: Float32Array): number {
    const row = this.#rows().get(id) ?? this.#append(id);
    this.#writableBlockOf(row).set(vector, (row % rowsPerBlock) * this.dimensions);
    return row;
  }

  /** Removes an id. Returns the row that the last row was moved to, or undefined if no row was moved. */
  drop(id: VectorId): number | undefined {
    const rowById = this.#rows();
    const row = rowById.get(id);
    if (row === undefined) return undefined;
    const last = this.#count - 1;
    const lastId = this.idAt(last);
    rowById.delete(id);
    if (row !== last) {
      this.#writableBlockOf(row).set(this.vectorsAt(last, 1), (row % rowsPerBlock) * this.dimensions);
      this.#ids[row] = lastId;
      rowById.set(lastId, row);
    }
    this.#count = last;
    return row === last ? undefined : row;
  }

  /** Replaces all rows by those read from a file. Takes ownership of the arrays. */
  replaceAll({ count, ids, blocks }: RowsSnapshot): void {
    this.clear();
    this.#count = count;
    this.#ids = new Float64Array(ids);
    this.#blocks = blocks.map((block) => padBlock(block, rowsPerBlock * this.dimensions));
  }

  clear(): void {
    this.#count = 0;
    this.#ids = new Float64Array(0);
    this.#blocks = [];
    this.#rowById = undefined;
  }

  /** Takes a snapshot of the rows. Its blocks are not modified until `unpin`. */
  pin(): RowsSnapshot {
    const used = this.#blocks.slice(0, Math.ceil(this.#count / rowsPerBlock));
    for (const block of used) this.#pinned.add(block);
    return {
      dimensions: this.dimensions,
      count: this.#count,
      ids: this.#ids.slice(0, this.#count),
      blocks: used.map((block, index) =>
        block.subarray(0, Math.min(rowsPerBlock, this.#count - index * rowsPerBlock) * this.dimensions),
      ),
    };
  }

  unpin(): void {
    this.#pinned.clear();
  }

  #rows(): Map<VectorId, number> {
    if (this.#rowById === undefined) {
      this.#rowById = new Map();
      for (let row = 0; row < this.#count; row++) this.#rowById.set(this.idAt(row), row);
    }
    return this.#rowById;
  }

  #append(id: VectorId): number {
    const row = this.#count;
    if (row === this.#ids.length) {
      const grown = new Float64Array(Math.max(64, row * 2));
      grown.set(this.#ids);
      this.#ids = grown;
    }
    if (row === this.#blocks.length * rowsPerBlock) {
      this.#blocks.push(new Float32Array(rowsPerBlock * this.dimensions));
    }
    this.#ids[row] = id;
    this.#rows().set(id, row);
    this.#count = row + 1;
    return row;
  }

  #blockOf(row: number): Float32Array {
    const block = this.#blocks[Math.floor(row / rowsPerBlock)];
    if (block === undefined) throw new RangeError(`Row ${row} does not exist`);
    return block;
  }

  #writableBlockOf(row: number): Float32Array {
    const block = this.#blockOf(row);
    if (!this.#pinned.has(block)) return block;
    const copy = block.slice();
    this.#blocks[Math.floor(row / rowsPerBlock)] = copy;
    return copy;
  }
}

/** Checks the sum of the squared norms of each block, which is the number of its rows. NaN fails the check. */
export function hasUnitVectors({ dimensions, count, blocks }: RowsSnapshot): boolean {
  return blocks.every((block, index) => {
    const rows = Math.min(rowsPerBlock, count - index * rowsPerBlock);
    const used = block.subarray(0, rows * dimensions);
    return Math.abs(dotProduct(used, used) - rows) <= rows * 1e-3;
  });
}

/** Copies a block to its full size, which leaves space for more rows. */
function padBlock(block: Float32Array, length: number): Float32Array {
  if (block.length === length) return block;
  const full = new Float32Array(length);
  full.set(block);
  return full;
}

/** Computes four rows at a time: each number of the query is loaded once for four products. */
function computeCosines(block: Float32Array, count: number, query: Float64Array, out: Float32Array): void {
  const width = query.length;
  for (let row = 0; row < count; row += 4) {
    const first = row * width;
    const second = first + width;
    const third = second + width;
    const fourth = third + width;
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let index = 0; index < width; index++) {
      const value = query[index] ?? 0;
      sum0 += (block[first + index] ?? 0) * value;
      sum1 += (block[second + index] ?? 0) * value;
      sum2 += (block[third + index] ?? 0) * value;
      sum3 += (block[fourth + index] ?? 0) * value;
    }
    out[row] = toCosine(sum0);
    out[row + 1] = toCosine(sum1);
    out[row + 2] = toCosine(sum2);
    out[row + 3] = toCosine(sum3);
  }
}

function toCosine(sum: number): number {
  return Math.max(-1, Math.min(1, Math.fround(sum)));
}
