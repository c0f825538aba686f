/** A store for the contract of indexes with a file: one folder, one epoch, a change log that knows every generation. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/core/logger.ts';
import type { LocalIndexDeps } from '../../src/vector/local-index.ts';
import type { VectorIndex } from '../../src/vector/vector-index.ts';
import type { VectorIndexHarness } from './vector-index.ts';

export async function createSnapshotHarness(
  openIndex: (parts: LocalIndexDeps) => Promise<VectorIndex>,
): Promise<VectorIndexHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'memory-mcp-vectors-'));
  const snapshot = {
    file: join(folder, 'vector_store', 'index.faiss'),
    epoch: 'epoch-of-the-contract',
    tagOf: (generation: number) => `tag-${generation}`,
  };
  return {
    open: (space) => openIndex({ space, logger: silentLogger, snapshot }),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}
