/**
 * How long a server takes from being spawned to its first answers, what it weighs when it idles and how fast it ends.
 * Starts of all servers alternate, so that a slow moment of the machine hits them alike.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  assertBuilt,
  benchFolder,
  type Contestant,
  callTool,
  environmentOf,
  memoryMcp,
  peers,
  serverMemory,
} from './contestants.ts';
import { noteOf } from './notes.ts';
import { readOptions } from './options.ts';
import { type Installed, installPeers } from './peer-packages.ts';
import { circumstances, median, shown, table } from './report.ts';
import { initialize, startServer } from './stdio-client.ts';

interface Row extends Installed {
  readonly title: string;
  /** Kept from start to start; absent = new ones each time. */
  readonly home?: string;
  readonly data?: string;
  readonly starts: Start[];
}

interface Start {
  readonly initialize: number;
  readonly tools: number;
  readonly search: number;
  readonly toolCount: number;
  readonly toolBytes: number;
  readonly memory: number | undefined;
  readonly exit: number;
}

export async function run(args: string[]): Promise<void> {
  const values = readOptions(args, {
    runs: { type: 'string', value: 'N', default: '11', help: 'starts of each server' },
    alone: { type: 'boolean', default: false, help: 'without the other servers' },
  });
  const runs = Number(values.runs);
  assertBuilt();
  mkdirSync(benchFolder, { recursive: true });
  const folder = mkdtempSync(join(benchFolder, 'cold-'));
  const { installed, missing } = installPeers(values.alone ? [memoryMcp] : [memoryMcp, ...peers]);
  const rows = installed.flatMap((each) => rowsOf(each, folder));
  await fill(memoryMcp, rows, join(folder, 'filled'), 10_000);

  const bare: number[] = [];
  // The first round warms the file cache and the code cache and is not counted.
  for (let round = 0; round <= runs; round++) {
    const nodeTime = await bareNode(folder);
    if (round > 0) bare.push(nodeTime);
    for (const row of rows) {
      const start = await startOnce(row, folder, round === 0 ? 2500 : 500);
      if (round > 0) row.starts.push(start);
    }
  }

  console.log(`Cold start: medians of ${runs} starts, alternating. Times in ms since before the spawn.\n`);
  console.log(
    table(
      [
        'server',
        'initialize (min)',
        '× node',
        '× server-memory',
        'tools/list',
        'first search',
        'tools',
        'tools/list bytes',
        'idle MB',
        'exit',
      ],
      [
        ['`node -e 0` (spawn to exit)', withLeast(bare), ...Array(8).fill('')],
        ...rows.map(cellsOf({ bare, peer: rows.find(({ contestant }) => contestant === serverMemory)?.starts ?? [] })),
      ],
    ),
  );
  console.log(`\nIdle MB: resident memory half a second after tools/list. Exit: ms from the end of input.\n`);
  console.log(circumstances({ command: ['npm run bench -- cold', ...args].join(' '), folder }));
  for (const sentence of missing) console.log(`- Left out: ${sentence}`);
  rmSync(folder, { recursive: true, force: true });
}

/** memory-mcp starts in three states, others in the one they know. */
function rowsOf({ contestant, file }: Installed, folder: string): Row[] {
  const { title, peer } = contestant;
  if (peer !== undefined) return [{ contestant, file, title: `${title} ${peer.version}`, starts: [] }];
  const home = join(folder, 'home');
  const data = join(folder, 'filled');
  return [
    { contestant, file, title: `${title}, very first start`, starts: [] },
    { contestant, file, title: `${title}, later starts`, home, starts: [] },
    { contestant, file, title: `${title}, 10,000 memories`, home, data, starts: [] },
  ];
}

/** Turns a row into cells; `bare` are the times of Node itself, `peer` the starts to compare with. */
function cellsOf({ bare, peer }: { bare: readonly number[]; peer: readonly Start[] }): (row: Row) => string[] {
  return ({ title, starts }) => {
    const of = (name: keyof Start) => median(starts.flatMap((start) => start[name] ?? []));
    const times = starts.map((start) => start.initialize);
    return [
      title,
      withLeast(times),
      ratio(times, bare),
      ratio(
        times,
        peer.map((start) => start.initialize),
      ),
      shown(of('tools')),
      shown(of('search')),
      shown(of('toolCount')),
      shown(of('toolBytes')),
      shown(of('memory')),
      shown(of('exit')),
    ];
  };
}

function withLeast(times: readonly number[]): string {
  return `${shown(median(times))} (${shown(Math.min(...times))})`;
}

function ratio(times: readonly number[], others: readonly number[]): string {
  const [own, other] = [median(times), median(others)];
  return own === undefined || other === undefined ? '–' : (own / other).toFixed(2);
}

/** With the variables that the servers get: some, such as NODE_EXTRA_CA_CERTS, make every start of Node slower. */
function bareNode(folder: string): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore', env: environmentOf({}, folder) });
  return new Promise((resolve) => child.once('exit', () => resolve(performance.now() - began)));
}

async function startOnce({ contestant, file, home, data }: Row, folder: string, idle: number): Promise<Start> {
  const fresh = mkdtempSync(join(folder, 'fresh-'));
  const own = data ?? fresh;
  const environment = environmentOf(contestant, own, home ?? fresh);
  const server = startServer({ file, args: contestant.args ?? [], environment, folder: own });
  const { result } = await initialize(server);
  const initialized = server.sinceSpawn();
  if (result.serverInfo === undefined) throw new Error(`${contestant.title} did not introduce itself`);
  server.notify('notifications/initialized');
  const listing = await server.request('tools/list', {});
  const listed = server.sinceSpawn();
  const { tools } = listing.result;
  await delay(idle);
  const memory = server.memory();
  const search = await timeFirstSearch({ contestant, file, environment, folder: own });
  const exit = await server.end();
  rmSync(fresh, { recursive: true, force: true });
  return {
    initialize: initialized,
    tools: listed,
    search,
    toolCount: Array.isArray(tools) ? tools.length : 0,
    toolBytes: listing.bytes,
    memory,
    exit,
  };
}

/** A start of its own: a server that is asked at once must not have had half a second to get ready. */
async function timeFirstSearch(parts: {
  contestant: Contestant;
  file: string;
  environment: Record<string, string>;
  folder: string;
}): Promise<number> {
  const { contestant } = parts;
  const server = startServer({ ...parts, args: contestant.args ?? [] });
  await initialize(server);
  server.notify('notifications/initialized');
  await callTool(server, contestant.search(noteOf(0).uniqueWord));
  const time = server.sinceSpawn();
  await server.end();
  return time;
}

async function fill(contestant: Contestant, rows: readonly Row[], folder: string, count: number): Promise<void> {
  const file = rows.find((row) => row.contestant === contestant)?.file;
  if (file === undefined) return;
  console.error(`storing ${count} memories …`);
  mkdirSync(folder);
  const server = startServer({
    file,
    args: contestant.args ?? [],
    environment: environmentOf(contestant, folder),
    folder,
  });
  await initialize(server);
  server.notify('notifications/initialized');
  for (let number = 0; number < count; number++) await callTool(server, contestant.create(noteOf(number)));
  await server.end();
}
