/**
 * The flat index beside faiss-node's flat index, in one run on the same vectors: search, memory, and opening, from the
 * file and from the database. Arguments: sizes such as `100000x256`; without any, 1,000, 10,000 and 100,000 vectors of
 * 256 and of 384 dimensions. The vectors imitate embeddings (400 topics), so recall says what rounding costs, no more.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '../../src/core/logger.ts';
import { openConnection } from '../../src/store/sqlite/connection.ts';
import { openFaissIndex } from '../../src/vector/faiss-index.ts';
import { openFlatIndex } from '../../src/vector/flat-index.ts';
import { clusteredVectors } from '../../test/support/vectors.ts';
import { readWords, UsageError } from './options.ts';
import { circumstances, median, percentile, shown, table } from './report.ts';
import { type Opening, type Probe, placeOf, puts } from './vectors-probe.ts';

const defaultSizes = [256, 384].flatMap((dimensions) =>
  [1_000, 10_000, 100_000].map((count) => `${count}x${dimensions}`),
);
const limit = 10;
const queryCount = 300;
const truthCount = 50;
const openings = 5;
const batch = 1_000;

type Search = (query: Float32Array) => Promise<readonly number[]> | readonly number[];

export async function run(args: string[]): Promise<void> {
  const sizes = readWords(args, {
    value: 'SIZE …',
    help: `vectors and dimensions; ${defaultSizes.join(' ')} by default`,
  });
  const rows: string[][] = [];
  for (const size of sizes.length === 0 ? defaultSizes : sizes) {
    const [count = 0, dimensions = 0] = size.split('x').map(Number);
    if (!(count > 0 && dimensions > 0)) throw new UsageError(`${size} is not a size such as 100000x256`);
    rows.push(...(await measure(count, dimensions)));
  }
  const heads = [
    'dimensions',
    'vectors',
    'engine',
    'p50 ms',
    'p99 ms',
    '× faiss-node',
    `recall@${limit}`,
    'MB',
    'open ms',
    'rebuild ms',
  ];
  console.log(`${table(heads, rows)}\n
p50, p99: searches for ${limit}, the engines in turns. ×: median of faiss-node over median of the engine. Recall: of ${truthCount} searches
against float64. MB: resident memory that opening added, in a process of its own. Open: from index.faiss (faiss-node: its own
read of the same file, no checksum); rebuild: from the vectors table; both the median of ${openings} new processes.\n
${circumstances({ command: `npm run bench -- vectors ${args.join(' ')}`.trim(), folder: tmpdir() })}`);
}

async function measure(count: number, dimensions: number): Promise<string[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-bench-vectors-'));
  try {
    const probe = { count, dimensions, file: join(folder, 'index.faiss'), database: join(folder, 'memory.sqlite') };
    const next = clusteredVectors({ dimensions, topics: 400, seed: count + dimensions });
    const vectors = Array.from({ length: count }, next);
    await writeStore(probe, vectors);
    const engines = await openEngines(probe);
    const { times, recall } = await search(engines, vectors, next);
    const faissMedian = median(times.get('faiss-node') ?? []) ?? Number.NaN;
    return [...engines.keys()].map((engine) => {
      const own = times.get(engine) ?? [];
      const opened = repeat(probe, engine, 'open');
      const rebuilt = engine === 'faiss-node' ? [] : repeat(probe, engine, 'rebuild');
      return [
        String(dimensions),
        count.toLocaleString('en'),
        engine,
        shown(median(own), 3),
        shown(percentile(own, 0.99), 3),
        shown(faissMedian / (median(own) ?? Number.NaN), 1),
        shown(recall.get(engine), 3),
        shown(median(opened.map(({ megabytes }) => megabytes)), 1),
        shown(median(opened.map(({ milliseconds }) => milliseconds)), 1),
        shown(median(rebuilt.map(({ milliseconds }) => milliseconds)), 0),
      ];
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The `vectors` table, as far as a rebuild reads it, and `index.faiss`. */
async function writeStore(probe: Probe, vectors: readonly Float32Array[]): Promise<void> {
  const connection = await openConnection({ path: probe.database, busyTimeout: 5_000 });
  connection.execute('CREATE TABLE vectors (id INTEGER PRIMARY KEY AUTOINCREMENT, vector BLOB NOT NULL)');
  await connection.write(() => {
    const insert = connection.sql('INSERT INTO vectors (vector) VALUES (?)');
    for (const vector of vectors) insert.run(new Uint8Array(vector.buffer));
  }, 'bulk');
  connection.close();
  const index = await openFlatIndex({
    space: placeOf(probe).space,
    logger: silentLogger,
    snapshot: placeOf(probe).snapshot,
  });
  for (let from = 0; from < vectors.length; from += batch) {
    await index.apply(puts(vectors.slice(from, from + batch), from + 1), probe.count);
  }
  await index.flush();
  await index.close();
}

async function openEngines(probe: Probe): Promise<Map<string, Search>> {
  const parts = { ...placeOf(probe), logger: silentLogger };
  const engines = new Map<string, Search>();
  const flat = await openFlatIndex(parts);
  const plain = await openFlatIndex({ ...parts, simd: false });
  engines.set('flat (WASM SIMD)', async (query) => (await flat.nearest(query, limit)).map(({ id }) => id));
  engines.set('flat (float32)', async (query) => (await plain.nearest(query, limit)).map(({ id }) => id));
  try {
    const faiss = await openFaissIndex(parts);
    engines.set('faiss index', async (query) => (await faiss.nearest(query, limit)).map(({ id }) => id));
    // Loaded by the line above, on one thread.
    const index = (await import('faiss-node')).default.Index.read(probe.file);
    engines.set('faiss-node', (query) => index.search(Array.from(query), limit).labels);
  } catch (error) {
    console.error(`Without faiss-node (npx tsx scripts/build-faiss-node.ts): ${error}`);
  }
  return engines;
}

/** Every engine answers every query, one after the other, so that whatever else the machine does meets them all. */
async function search(
  engines: ReadonlyMap<string, Search>,
  vectors: readonly Float32Array[],
  next: () => Float32Array,
) {
  const times = new Map([...engines.keys()].map((engine) => [engine, [] as number[]]));
  const found = new Map([...engines.keys()].map((engine) => [engine, 0]));
  for (let round = -20; round < queryCount; round++) {
    const query = next();
    const truth = round >= 0 && round < truthCount ? trueNearest(vectors, query) : undefined;
    for (const [engine, answer] of engines) {
      const began = performance.now();
      const ids = await answer(query);
      const took = performance.now() - began;
      if (round >= 0) times.get(engine)?.push(took);
      if (truth !== undefined) found.set(engine, (found.get(engine) ?? 0) + ids.filter((id) => truth.has(id)).length);
    }
  }
  const asked = truthCount * Math.min(limit, vectors.length);
  return { times, recall: new Map([...found].map(([engine, hits]) => [engine, hits / asked])) };
}

function trueNearest(vectors: readonly Float32Array[], query: Float32Array): Set<number> {
  const scored = vectors.map((vector, index) => {
    let score = 0;
    for (let at = 0; at < query.length; at++) score += (vector[at] ?? 0) * (query[at] ?? 0);
    return { id: index + 1, score };
  });
  return new Set(
    scored
      .sort((a, b) => b.score - a.score)
      .slice(0, limit)
      .map(({ id }) => id),
  );
}

function repeat(probe: Probe, engine: string, mode: 'open' | 'rebuild'): Opening[] {
  const script = fileURLToPath(new URL('vectors-probe.ts', import.meta.url));
  return Array.from({ length: openings }, () => {
    const flags = ['--expose-gc', '--import', 'tsx', script, engine, mode, JSON.stringify(probe)];
    return JSON.parse(execFileSync(process.execPath, flags, { encoding: 'utf8' })) as Opening;
  });
}
