/**
 * The vocabulary of vectors: what is stored in the `vectors` table, travels through the change log and is held by
 * every index. Vectors have unit length; ids are rows of `vectors`, never of `memories`.
 */
import { MemoryMcpError } from './errors.ts';
import type { Memory, MemoryFilter, MemoryKey } from './memory.ts';

export type VectorId = number;

/** Vectors of different spaces must never meet. `id` is `model@revision#file#dtype#pooling#prompts#chunk rule`. */
export interface VectorSpace {
  readonly id: string;
  readonly dimensions: number;
}

export type VectorChange =
  | { op: 'put'; id: VectorId; key: MemoryKey; chunk: number; vector: Float32Array; memory: Memory }
  | { op: 'drop'; id: VectorId; key: MemoryKey; chunk: number }
  | { op: 'payload'; key: MemoryKey; memory: Memory };

/** One hit: cosine similarity, -1..1. */
export interface Ranked {
  readonly id: VectorId;
  readonly score: number;
}

/** A `Set<VectorId>` is one; so is "all but these few", which cannot be listed. */
export interface IdSet {
  has(id: VectorId): boolean;
  /** Infinity where it cannot be listed. */
  readonly size: number;
  /** The ids, where they can be listed: an index then looks at those alone, if they are few. */
  values?(): Iterable<VectorId>;
}

/** Local indexes ask `ids()` (one SQL query), a remote one translates `predicate`. */
export interface VectorFilter {
  readonly predicate: MemoryFilter;
  ids(): IdSet;
}

/** Tells two sets of vector ids apart without listing them: how many there are, and two sums over them. */
export interface IdFingerprint {
  readonly count: number;
  readonly sum: number;
  /** Of (id mod `fingerprintModulus`)² mod `fingerprintModulus`. */
  readonly squares: number;
}

export const fingerprintModulus = 1_000_003;

/** Tolerance for the length of a unit vector after rounding to float32. */
const unitTolerance = 1e-6;

/**
 * A copy of `vector` with length 1 that survives float32, or `invalid_input` for a wrong dimension, NaN, an infinite
 * number or a vector without direction: none of these may ever reach an index. A vector of length 1 keeps
 * its bits: what is stored, indexed and written to a file is the same, however often it passes through here.
 */
export function unitVector(vector: ArrayLike<number>, dimensions: number): Float32Array {
  if (vector.length !== dimensions) {
    throw new MemoryMcpError('invalid_input', `A vector has ${vector.length} dimensions where ${dimensions} belong`);
  }
  let sum = 0;
  for (let index = 0; index < dimensions; index++) {
    const value = vector[index] ?? Number.NaN;
    sum += value * value;
  }
  const length = Math.sqrt(sum);
  if (!Number.isFinite(length) || length < 1e-12) {
    throw new MemoryMcpError('invalid_input', 'A vector is zero or holds a number that is not finite');
  }
  const unit = new Float32Array(dimensions);
  if (Math.abs(length - 1) <= unitTolerance) {
    unit.set(vector);
    return unit;
  }
  for (let index = 0; index < dimensions; index++) unit[index] = (vector[index] ?? 0) / length;
  return unit;
}

/** The cosine of two unit vectors of the same length. */
export function dotProduct(one: Float32Array, other: Float32Array): number {
  // Four independent sums: a single one is a dependency chain and takes twice as long.
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  const last = one.length - (one.length % 4);
  for (let index = 0; index < last; index += 4) {
    sum0 += (one[index] ?? 0) * (other[index] ?? 0);
    sum1 += (one[index + 1] ?? 0) * (other[index + 1] ?? 0);
    sum2 += (one[index + 2] ?? 0) * (other[index + 2] ?? 0);
    sum3 += (one[index + 3] ?? 0) * (other[index + 3] ?? 0);
  }
  for (let index = last; index < one.length; index++) sum0 += (one[index] ?? 0) * (other[index] ?? 0);
  return sum0 + sum1 + sum2 + sum3;
}

/** Adds `factor` times `vector` to `target`, in place. */
export function addScaled(target: Float32Array, vector: Float32Array, factor: number): Float32Array {
  for (let index = 0; index < target.length; index++)
    target[index] = (target[index] ?? 0) + factor * (vector[index] ?? 0);
  return target;
}
