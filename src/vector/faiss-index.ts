/**
 * The index for `storage_backend: faiss`: FAISS proposes, and the answers are those of the flat index, from the same
 * file. It needs the optional package faiss-node; whoever opens it uses the flat index where that is missing.
 *
 * Memory: twice 4 bytes a dimension, once for FAISS and once for exact scores and for the file, which the binding cannot
 * be trusted to write: it ends the process on a full disk.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Index } from 'faiss-node';
import { MemoryMcpError } from '../core/errors.ts';
import { type LocalIndexDeps, openLocalIndex } from './local-index.ts';
import { FaissScanner } from './scan/faiss-scanner.ts';
import type { VectorIndex } from './vector-index.ts';
import { VectorRows } from './vector-rows.ts';

/** What is used of faiss-node. */
export interface FaissNode {
  readonly Index: { read(path: string): Index };
}

export interface FaissIndexDeps extends LocalIndexDeps {
  readonly load?: (() => Promise<FaissNode>) | undefined;
}

/** `backend_unavailable` where faiss-node is not installed or its binding does not load. */
export async function openFaissIndex({ load = importFaissNode, ...parts }: FaissIndexDeps): Promise<VectorIndex> {
  const { Index } = await loadOnOneThread(load);
  const rows = new VectorRows(parts.space.dimensions);
  const file = parts.snapshot?.file ?? join(tmpdir(), 'memory-mcp-vectors');
  const scanner = new FaissScanner({ rows, read: (path) => Index.read(path), file });
  return openLocalIndex(parts, { engine: 'faiss-node', rows, scanner });
}

async function importFaissNode(): Promise<FaissNode> {
  return (await import('faiss-node')).default;
}

/**
 * A flat search of one query uses one thread whatever happens, and OpenMP's idle threads spin where cores are busy.
 * OpenMP reads its setting when its library is loaded; a setting of the user's stands.
 */
async function loadOnOneThread(load: () => Promise<FaissNode>): Promise<FaissNode> {
  // biome-ignore lint/style/noProcessEnv: there is no other way to tell OpenMP, and it is told for this one moment.
  const environment = process.env;
  const own = environment.OMP_NUM_THREADS;
  environment.OMP_NUM_THREADS ??= '1';
  try {
    return await load();
  } catch (cause) {
    throw new MemoryMcpError('backend_unavailable', 'The package faiss-node is not installed or does not load', {
      hint: 'Run "npm rebuild faiss-node" (or "npm install faiss-node") where memory-mcp is installed, or set storage_backend to sqlite.',
      cause,
    });
  } finally {
    if (own === undefined) delete environment.OMP_NUM_THREADS;
  }
}
