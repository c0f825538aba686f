/**
 * The index for `storage_backend: faiss`. FAISS finds the candidates. The results and the file are the same as those of
 * the flat index. Needs the optional package faiss-node; the caller falls back to the flat index if it is missing.
 *
 * Memory per vector: twice 4 bytes per dimension, once in FAISS and once here for exact scores and for writing the
 * file. The binding does not write the file, because it aborts the process if the disk is full.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Index } from 'faiss-node';
import { MemoryMcpError } from '../core/errors.ts';
import { type LocalIndexDeps, openLocalIndex } from './local-index.ts';
import { FaissScanner } from './scan/faiss-scanner.ts';
import type { VectorIndex } from './vector-index.ts';
import { VectorRows } from './vector-rows.ts';

/** The part of faiss-node that is used. */
export interface FaissNode {
  readonly Index: { read(path: string): Index };
}

export interface FaissIndexDeps extends LocalIndexDeps {
  readonly load?: (() => Promise<FaissNode>) | undefined;
}

/** Rejects with `backend_unavailable` if faiss-node is not installed or its native binding does not load. */
export async function openFaissIndex({ load = importFaissNode, ...deps }: FaissIndexDeps): Promise<VectorIndex> {
  const { Index } = await loadSingleThreaded(load);
  const rows = new VectorRows(deps.space.dimensions);
  const file = deps.snapshot?.file ?? join(tmpdir(), 'memory-mcp-vectors');
  const scanner = new FaissScanner({ rows, read: (path) => Index.read(path), file });
  return openLocalIndex(deps, { engine: 'faiss-node', rows, scanner });
}

async function importFaissNode(): Promise<FaissNode> {
  return (await import('faiss-node')).default;
}

/**
 * A flat search with one query uses one thread anyway, and idle OpenMP threads would burn CPU by spinning. OpenMP reads
 * the variable when its library is loaded. A value set by the user takes precedence.
 */
async function loadSingleThreaded(load: () => Promise<FaissNode>): Promise<FaissNode> {
  // biome-ignore lint/style/noProcessEnv: OpenMP can only be configured through the environment.
  const environment = process.env;
  const own = environment.OMP_NUM_THREADS;
  environment.OMP_NUM_THREADS ??= '1';
  try {
    return await load();
  } catch (cause) {
    throw new MemoryMcpError('backend_unavailable', 'The package faiss-node is not installed or cannot be loaded', {
      hint: 'Run "npm rebuild faiss-node" (or "npm install faiss-node") in the folder where memory-mcp is installed, or set storage_backend to sqlite.',
      cause,
    });
  } finally {
    if (own === undefined) delete environment.OMP_NUM_THREADS;
  }
}
