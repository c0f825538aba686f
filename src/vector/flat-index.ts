/**
 * The default index: exact, in this process, nothing to install. It scans int8 copies of the vectors in WebAssembly SIMD
 * and computes the cosines of the best from float32; where SIMD is missing it computes all of them.
 *
 * Memory: 4 bytes a dimension for float32, 1 for int8 (rounded up to 32 dimensions), and about 60 bytes a vector for its
 * id and scores: 1.3 KB at 256 dimensions.
 */
import { type LocalIndexDeps, openLocalIndex } from './local-index.ts';
import { createSimdScanner } from './scan/simd-scanner.ts';
import type { VectorIndex } from './vector-index.ts';
import { VectorRows } from './vector-rows.ts';

export interface FlatIndexDeps extends LocalIndexDeps {
  /** `false` computes every cosine in float32, as on a machine without WebAssembly SIMD. */
  readonly simd?: boolean | undefined;
}

export async function openFlatIndex({ simd = true, ...parts }: FlatIndexDeps): Promise<VectorIndex> {
  const rows = new VectorRows(parts.space.dimensions);
  const scanner = simd ? createSimdScanner(rows) : undefined;
  const engine = scanner === undefined ? 'flat (float32)' : 'flat (WASM SIMD)';
  return openLocalIndex(parts, { engine, rows, scanner });
}
