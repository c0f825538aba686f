/**
 * Opens one vector index in a process of its own, and prints as JSON how long that took and what memory it added.
 * vectors.ts starts it: engine, `open` or `rebuild`, and where the vectors are.
 */
import { fileURLToPath } from 'node:url';
import { silentLogger } from '../../src/core/logger.ts';
import type { VectorChange } from '../../src/core/vector.ts';
import { type Connection, openConnection } from '../../src/store/sqlite/connection.ts';
import { openFaissIndex } from '../../src/vector/faiss-index.ts';
import { openFlatIndex } from '../../src/vector/flat-index.ts';

export interface Probe {
  readonly count: number;
  readonly dimensions: number;
  readonly file: string;
  readonly database: string;
}

export interface Opening {
  readonly milliseconds: number;
  readonly megabytes: number;
}

const pageLength = 5_000;

export function placeOf({ file, dimensions }: Probe) {
  return {
    space: { id: `bench@${dimensions}`, dimensions },
    snapshot: { file, epoch: 'bench', tagOf: (generation: number) => `tag-${generation}` },
  };
}

/** Vectors under ascending ids. */
export function puts(vectors: readonly Float32Array[], firstId: number): VectorChange[] {
  // The memory is of no interest to an index of this process.
  const memory = {} as Extract<VectorChange, { op: 'put' }>['memory'];
  return vectors.map((vector, at) => ({ op: 'put', id: firstId + at, key: '', chunk: 0, vector, memory }));
}

async function open(engine: string, probe: Probe): Promise<unknown> {
  const parts = { ...placeOf(probe), logger: silentLogger };
  if (engine === 'faiss-node') return (await import('faiss-node')).default.Index.read(probe.file);
  return engine === 'faiss index' ? openFaissIndex(parts) : openFlatIndex({ ...parts, simd: engine.includes('SIMD') });
}

async function rebuild(engine: string, probe: Probe, connection: Connection): Promise<unknown> {
  const parts = { space: placeOf(probe).space, logger: silentLogger };
  const index =
    engine === 'faiss index'
      ? await openFaissIndex(parts)
      : await openFlatIndex({ ...parts, simd: engine.includes('SIMD') });
  const page = connection.sql<{ id: number; vector: Uint8Array }>(
    'SELECT id, vector FROM vectors WHERE id > ? ORDER BY id LIMIT ?',
  );
  for (let after = 0; after < probe.count; after += pageLength) {
    const vectors = page.all(after, pageLength).map(({ vector }) => new Float32Array(vector.slice().buffer));
    await index.apply(puts(vectors, after + 1), probe.count);
  }
  return index;
}

async function measure(engine: string, mode: string, probe: Probe): Promise<Opening> {
  const connection = await openConnection({ path: probe.database, busyTimeout: 5_000, readOnly: true });
  // The library itself is no part of what is measured.
  if (engine.startsWith('faiss')) await import('faiss-node');
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const began = performance.now();
  const index = mode === 'open' ? await open(engine, probe) : await rebuild(engine, probe, connection);
  const milliseconds = performance.now() - began;
  globalThis.gc?.();
  const megabytes = (process.memoryUsage.rss() - before) / 2 ** 20;
  connection.close();
  // Reached after the measurement, so that nothing of the index was collected before.
  if (index === undefined) throw new Error('There is no index');
  return { milliseconds, megabytes };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [engine = '', mode = '', probe = '{}'] = process.argv.slice(2);
  // Of this benchmark's own making.
  console.log(JSON.stringify(await measure(engine, mode, JSON.parse(probe) as Probe)));
}
