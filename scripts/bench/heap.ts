/**
 * What the small heap of a stdio server saves and costs: resident memory when idle and after searches, the time of a
 * search and the processor time, beside the same server with V8's own limits. Both are asked in turns.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertBuilt, benchFolder, callTool, environmentOf, memoryMcp, program } from './contestants.ts';
import { noteOf } from './notes.ts';
import { readOptions } from './options.ts';
import { circumstances, median, percentile, shown, table } from './report.ts';
import { initialize, startServer } from './stdio-client.ts';

const plainHeap = fileURLToPath(new URL('plain-heap.cjs', import.meta.url));
const variants = ['small heap', "V8's own limits"] as const;

export async function run(args: string[]): Promise<void> {
  const values = readOptions(args, {
    size: { type: 'string', value: 'N', default: '10000', help: 'how many memories' },
    searches: { type: 'string', value: 'N', default: '400', help: 'in each round' },
    rounds: { type: 'string', value: 'N', default: '3', help: 'of which the medians are shown' },
  });
  assertBuilt();
  mkdirSync(benchFolder, { recursive: true });
  const folder = mkdtempSync(join(benchFolder, 'heap-'));
  const environment = environmentOf(memoryMcp, folder);
  const size = Number(values.size);
  const notes = Array.from({ length: size }, (_, number) => noteOf(number));
  const imported = memoryMcp.importNotes?.(notes);
  if (imported === undefined) throw new Error('memory-mcp cannot import');
  const file = join(folder, 'notes.jsonl');
  writeFileSync(file, imported.text);
  execFileSync(process.execPath, [program, ...imported.args, file], { env: environment, stdio: 'pipe' });

  const results = new Map<string, Weighed[]>(variants.map((variant) => [variant, []]));
  // The first round fills the caches and is not counted.
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const variant of variants) {
      const weighed = await weigh(variant, { folder, environment, size, searches: Number(values.searches) });
      if (round > 0) results.get(variant)?.push(weighed);
    }
  }
  rmSync(folder, { recursive: true, force: true });

  const of = (rows: readonly Weighed[], pick: (row: Weighed) => number | undefined) =>
    shown(median(rows.map((row) => pick(row) ?? Number.NaN)), 1);
  console.log(circumstances({ folder: benchFolder, command: ['npm run bench -- heap', ...args].join(' ') }));
  console.log(
    table(
      ['server', 'idle, MB', 'after searches, MB', 'search p50, ms', 'p95, ms', 'processor, s'],
      [...results].map(([variant, rows]) => [
        variant,
        of(rows, ({ idle }) => idle),
        of(rows, ({ after }) => after),
        of(rows, ({ times }) => median(times)),
        of(rows, ({ times }) => percentile(times, 0.95)),
        of(rows, ({ processor }) => processor),
      ]),
    ),
  );
}

interface Weighed {
  readonly idle: number | undefined;
  readonly after: number | undefined;
  readonly times: readonly number[];
  /** Seconds of the whole life. */
  readonly processor: number | undefined;
}

interface Load {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly size: number;
  readonly searches: number;
}

async function weigh(
  variant: (typeof variants)[number],
  { folder, environment, size, searches }: Load,
): Promise<Weighed> {
  const plain = variant === 'small heap' ? {} : { NODE_OPTIONS: `--require ${plainHeap}` };
  const server = startServer({
    file: program,
    args: memoryMcp.args ?? [],
    environment: { ...environment, ...plain },
    folder,
  });
  try {
    await initialize(server);
    server.notify('notifications/initialized');
    await server.request('tools/list', {});
    const idle = server.memory();
    const times: number[] = [];
    for (let number = 0; number < searches; number++) {
      const { uniqueWord } = noteOf((number * 7919) % size);
      const { milliseconds } = await callTool(server, memoryMcp.search(`What about the reference ${uniqueWord}?`));
      times.push(milliseconds);
    }
    return { idle, after: server.memory(), times, processor: processorTime(server.pid) };
  } finally {
    await server.end();
  }
}

/** Seconds, in user and system mode; undefined where there is no `/proc`. */
function processorTime(pid: number): number | undefined {
  const ticksPerSecond = 100;
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return undefined;
  }
}
