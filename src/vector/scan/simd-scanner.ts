/**
 * Scans int8 rows with WebAssembly SIMD. Memory bandwidth limits the scan, and int8 needs a quarter of that of float32.
 * Each row has its own scale. The query is quantised to int16. The ceiling of a proposal includes six standard
 * deviations of the rounding error, so practically no row is missed.
 */
import { MemoryMcpError } from '../../core/errors.ts';
import type { IdSet } from '../../core/vector.ts';
import { topK } from '../top-k.ts';
import type { VectorRows } from '../vector-rows.ts';
import type { Proposal, RowEdit, RowScanner } from './row-scanner.ts';
import { scanKernelBytes } from './scan-kernel-bytes.ts';

const pageBytes = 65_536;
const minimumRows = 64;
/** Rows that are copied to the kernel's memory and quantised at a time. A divisor of `rowsPerBlock`. */
const stagedRows = 64;
const largestInt8 = 127;
const largestInt16 = 32_767;
const largestInt32 = 2_147_483_647;

/** The exports of scan-kernel.wat. */
interface Kernel {
  readonly memory: WebAssembly.Memory;
  score(rows: number, scales: number, count: number, width: number, query: number, out: number): void;
  quantise(source: number, count: number, width: number, rows: number, scales: number): void;
}

/** Undefined if this machine lacks WebAssembly SIMD or the address space for a WebAssembly memory. */
export function createSimdScanner(rows: VectorRows): RowScanner | undefined {
  if (!WebAssembly.validate(scanKernelBytes)) return undefined;
  const kernel = openKernel();
  return kernel === undefined ? undefined : new SimdScanner(rows, kernel);
}

/**
 * Layout of the kernel's memory: query (int16), staged rows (float32), scales of all rows (float32), their scores
 * (float32) and their numbers (int8). Each row takes 8 + `width` bytes, where `width` is the number of dimensions
 * rounded up to a multiple of 32. The memory doubles when it is full and is freed with the index.
 */
class SimdScanner implements RowScanner {
  readonly #rows: VectorRows;
  readonly #kernel: Kernel;
  readonly #width: number;
  readonly #query = 0;
  readonly #staging: number;
  readonly #scales: number;
  #scores: number;
  #numbers: number;
  #capacity = 0;
  #largestScale = 0;

  constructor(rows: VectorRows, kernel: Kernel) {
    this.#rows = rows;
    this.#kernel = kernel;
    this.#width = Math.ceil(rows.dimensions / 32) * 32;
    this.#staging = this.#width * 2;
    this.#scales = this.#staging + stagedRows * this.#width * 4;
    this.#scores = this.#scales;
    this.#numbers = this.#scales;
    this.#reserve(minimumRows);
  }

  update({ rows: changed }: RowEdit): void {
    this.#reserve(this.#rows.count);
    for (const { from, count } of this.#rows.splitIntoRuns(changed, stagedRows)) this.#quantise(from, count);
  }

  load(): void {
    const { count } = this.#rows;
    this.clear();
    this.#reserve(count);
    for (let from = 0; from < count; from += stagedRows) this.#quantise(from, Math.min(stagedRows, count - from));
  }

  search(query: Float32Array, allowed: IdSet | undefined): (wanted: number) => Proposal {
    const rows = this.#rows;
    const { memory } = this.#kernel;
    const factor = writeQuery(new Int16Array(memory.buffer, this.#query, this.#width), query);
    this.#kernel.score(this.#numbers, this.#scales, rows.count, this.#width, this.#query, this.#scores);
    const scores = new Float32Array(memory.buffer, this.#scores, rows.count);
    const isAllowed = allowed === undefined ? undefined : (row: number) => allowed.has(rows.idAt(row));
    return (wanted) => {
      const best = topK(scores, rows.count, wanted, isAllowed);
      return { rows: best.rows, ceiling: best.cut / factor + errorBound(this.#largestScale, 1 / factor) };
    };
  }

  clear(): void {
    this.#largestScale = 0;
  }

  #reserve(count: number): void {
    if (count <= this.#capacity) return;
    const capacity = Math.ceil(Math.max(count, this.#capacity * 2) / 4) * 4;
    const scores = this.#scales + capacity * 4;
    const numbers = scores + capacity * 4;
    const { memory } = this.#kernel;
    grow(memory, numbers + capacity * this.#width);
    const used = this.#capacity * this.#width;
    new Uint8Array(memory.buffer).copyWithin(numbers, this.#numbers, this.#numbers + used);
    this.#scores = scores;
    this.#numbers = numbers;
    this.#capacity = capacity;
  }

  #quantise(from: number, count: number): void {
    const width = this.#width;
    const { buffer } = this.#kernel.memory;
    const staged = new Float32Array(buffer, this.#staging, count * width);
    if (this.#rows.dimensions === width) staged.set(this.#rows.vectorsAt(from, count));
    else for (let index = 0; index < count; index++) staged.set(this.#rows.vectorsAt(from + index, 1), index * width);
    const scales = this.#scales + from * 4;
    this.#kernel.quantise(this.#staging, count, width, this.#numbers + from * width, scales);
    const written = new Float32Array(buffer, scales, count);
    for (let index = 0; index < count; index++) {
      this.#largestScale = Math.max(this.#largestScale, written[index] ?? 0);
    }
  }
}

function openKernel(): Kernel | undefined {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(scanKernelBytes));
    // The module is our own. A test compares its bytes with scan-kernel.wat.
    return exports as unknown as Kernel;
  } catch (error) {
    // V8 reserves gigabytes of address space per memory, which can exceed a limit such as ulimit -v.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function grow(memory: WebAssembly.Memory, bytes: number): void {
  const pages = Math.ceil((bytes - memory.buffer.byteLength) / pageBytes);
  if (pages <= 0) return;
  try {
    memory.grow(pages);
  } catch (cause) {
    throw new MemoryMcpError('backend_unavailable', `Not enough memory to grow the vector index to ${bytes} bytes`, {
      hint: 'Give the process more memory.',
      cause,
    });
  }
}

/** Writes the query as int16, scaled as far as the int32 sums with int8 rows allow. Returns the scale factor. */
function writeQuery(target: Int16Array, query: Float32Array): number {
  let peak = 0;
  let total = 0;
  for (const value of query) {
    peak = Math.max(peak, Math.abs(value));
    total += Math.abs(value);
  }
  const factor = Math.min(largestInt16 / peak, (largestInt32 / largestInt8 - query.length) / total);
  for (let index = 0; index < query.length; index++) target[index] = Math.round((query[index] ?? 0) * factor);
  return factor;
}

/**
 * Bound on the error of an approximate cosine: six standard deviations. Rounding to steps of s has a standard deviation
 * of s / √12 in each dimension (uniform distribution). The dot product with a unit vector has the same standard
 * deviation.
 */
function errorBound(rowStep: number, queryStep: number): number {
  const float32Error = 1e-6;
  return 6 * Math.sqrt((rowStep ** 2 + queryStep ** 2) / 12) + float32Error;
}
