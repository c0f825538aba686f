/** The contract of vector indexes, kept by faiss-node where its binding is built (`npx tsx scripts/build-faiss-node.ts`). */
import { openFaissIndex } from '../../src/vector/faiss-index.ts';
import { missingFaissNode } from '../support/faiss-node.ts';
import { describeVectorIndex } from './vector-index.ts';
import { createSnapshotHarness } from './vector-index-harness.ts';

describeVectorIndex('faiss index', () => createSnapshotHarness(openFaissIndex), { skip: await missingFaissNode() });
