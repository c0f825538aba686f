/**
 * The index in Qdrant beside the flat index, on the same vectors: filling, searching, and whether the order is the same.
 * Against the server at QDRANT_URL, else against the test server, whose engine is Qdrant's own but whose HTTP is Python.
 * Arguments: sizes such as `100000x256`; without any, 10,000 and 100,000 vectors of 256 dimensions.
 */
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { VectorChange } from '../../src/core/vector.ts';
import { openFlatIndex } from '../../src/vector/flat-index.ts';
import { createQdrantClient } from '../../src/vector/qdrant/qdrant-client.ts';
import { openQdrantIndex } from '../../src/vector/qdrant/qdrant-index.ts';
import type { VectorIndex } from '../../src/vector/vector-index.ts';
import { filledMemory } from '../../test/support/filled-store.ts';
import { removeCollection } from '../../test/support/qdrant-requests.ts';
import { openQdrant } from '../../test/support/qdrant-server.ts';
import { clusteredVectors } from '../../test/support/vectors.ts';
import { readWords, UsageError } from './options.ts';
import { circumstances, median, percentile, shown, table } from './report.ts';

const limit = 100;
const queryCount = 200;
const batch = 1_000;
const defaultSizes = ['10000x256', '100000x256'];

export async function run(args: string[]): Promise<void> {
  const sizes = readWords(args, {
    value: 'SIZE …',
    help: `vectors and dimensions; ${defaultSizes.join(' ')} by default`,
  });
  const server = await openQdrant();
  const rows: string[][] = [];
  try {
    for (const size of sizes.length === 0 ? defaultSizes : sizes) {
      const [count = 0, dimensions = 0] = size.split('x').map(Number);
      if (!(count > 0 && dimensions > 0)) throw new UsageError(`${size} is not a size such as 100000x256`);
      rows.push(...(await measure(server.url, count, dimensions)));
    }
  } finally {
    await server.stop();
  }
  const heads = ['dimensions', 'vectors', 'engine', 'vectors/s written', 'p50 ms', 'p99 ms', 'same order', 'R@5'];
  console.log(`${table(heads, rows)}\n
Searches for ${limit}, the engines in turns. Same order: searches whose ${limit} ids come in the order of the flat index. R@5: of its first five.\n
${circumstances({ command: `npm run bench -- qdrant ${args.join(' ')}`.trim(), folder: tmpdir() })}`);
}

async function measure(url: string, count: number, dimensions: number): Promise<string[][]> {
  const space = { id: `bench@${dimensions}`, dimensions };
  const next = clusteredVectors({ dimensions, topics: 400, seed: count + dimensions });
  const collection = `memory_bench_${randomUUID()}`;
  const place = { file: '', storeId: collection, epoch: 'bench', tagOf: (generation: number) => `tag-${generation}` };
  const client = createQdrantClient({ url, apiKey: process.env.QDRANT_API_KEY, clock: systemClock });
  const open = (exactLimit: number) =>
    openQdrantIndex({ space, place, collection, client, clock: systemClock, exactLimit });
  const flat = await openFlatIndex({ space, logger: silentLogger });
  const exact = await open(Number.POSITIVE_INFINITY);
  try {
    const written = { flat: 0, qdrant: 0 };
    for (let from = 0; from < count; from += batch) {
      const changes = Array.from({ length: Math.min(batch, count - from) }, (_, at) => put(from + at + 1, next()));
      written.flat += await timed(() => flat.apply(changes, from + changes.length));
      written.qdrant += await timed(() => exact.apply(changes, from + changes.length));
    }
    const engines = new Map<string, VectorIndex>([
      ['flat (WASM SIMD)', flat],
      ['qdrant, exact', exact],
      ['qdrant, as it likes', await open(0)],
    ]);
    const { times, sameOrder, found } = await search(engines, flat, next);
    return [...engines.keys()].map((engine) => {
      const seconds = (engine.startsWith('flat') ? written.flat : written.qdrant) / 1_000;
      return [
        String(dimensions),
        count.toLocaleString('en'),
        engine,
        shown(count / seconds, 0),
        shown(median(times.get(engine) ?? []), 2),
        shown(percentile(times.get(engine) ?? [], 0.99), 2),
        shown((sameOrder.get(engine) ?? 0) / queryCount, 3),
        shown((found.get(engine) ?? 0) / queryCount / 5, 3),
      ];
    });
  } finally {
    await removeCollection(url, collection);
  }
}

async function search(engines: ReadonlyMap<string, VectorIndex>, flat: VectorIndex, next: () => Float32Array) {
  const times = new Map([...engines.keys()].map((engine) => [engine, [] as number[]]));
  const sameOrder = new Map<string, number>();
  const found = new Map<string, number>();
  for (let round = -20; round < queryCount; round++) {
    const query = next();
    const truth = (await flat.nearest(query, limit)).map(({ id }) => id);
    for (const [engine, index] of engines) {
      const began = performance.now();
      const ids = (await index.nearest(query, limit)).map(({ id }) => id);
      const took = performance.now() - began;
      if (round < 0) continue;
      times.get(engine)?.push(took);
      if (ids.join() === truth.join()) sameOrder.set(engine, (sameOrder.get(engine) ?? 0) + 1);
      const hits = truth.slice(0, 5).filter((id) => ids.slice(0, 5).includes(id)).length;
      found.set(engine, (found.get(engine) ?? 0) + hits);
    }
  }
  return { times, sameOrder, found };
}

function put(id: number, vector: Float32Array): VectorChange {
  const memory = { id, ...filledMemory(id) };
  return { op: 'put', id, key: memory.key, chunk: 0, vector, memory };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
