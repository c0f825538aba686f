/**
 * The default index: exact, in-process, with nothing to install. It scans int8 copies of the vectors with WebAssembly
 * SIMD and computes exact cosines of the best candidates from the float32 vectors. Without SIMD it computes all
 * cosines.
 *
 * Memory per vector: 4 bytes per dimension for float32, 1 for int8 (dimensions rounded up to a multiple of 32), and
 * about 60 bytes for its id and scores. That is 1.3 KB at 256 dimensions.
 */
import { type LocalIndexDeps, openLocalIndex } from './local-index.ts';
import { createSimdScanner } from './scan/simd-scanner.ts';
import type { VectorIndex } from './vector-index.ts';
import { VectorRows } from './vector-rows.ts';

export interface FlatIndexDeps extends LocalIndexDeps {
  /** `false` computes every cosine from float32, as without WebAssembly SIMD. */
  readonly simd?: boolean | undefined;
}

export async function openFlatIndex({ simd = true, ...deps }: FlatIndexDeps): Promise<VectorIndex> {
  const rows = new VectorRows(deps.space.dimensions);
  const scanner = simd ? createSimdScanner(rows) : undefined;
  const engine = scanner === undefined ? 'flat (float32)' : 'flat (WASM SIMD)';
  return openLocalIndex(deps, { engine, rows, scanner });
}
