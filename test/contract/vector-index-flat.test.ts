/** The contract of vector indexes, kept by the flat index: with its SIMD scan and without. */

import { openFlatIndex } from '../../src/vector/flat-index.ts';
import { describeVectorIndex } from './vector-index.ts';
import { createSnapshotHarness } from './vector-index-harness.ts';

describeVectorIndex('flat index (WASM SIMD)', () => createSnapshotHarness(openFlatIndex));
describeVectorIndex('flat index (float32)', () =>
  createSnapshotHarness((parts) => openFlatIndex({ ...parts, simd: false })),
);
