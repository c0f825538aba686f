/**
 * Everything beside the memory servers that install from npm, in one run, as ratios: `npm run bench -- all`. With --write
 * it becomes the measured part of docs/benchmarks.md. A peer that is ahead is named as such by the same code.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isGap, makeRepository, measureContestant, type SizeGap, type SizeResult } from './all-measure.ts';
import { type Cold, eightTable, leads, type Measured, sizeTable, startTable } from './all-tables.ts';
import { assertBuilt, benchFolder, environmentOf, memoryMcp, peers } from './contestants.ts';
import { readOptions } from './options.ts';
import { type Installed, installPeers } from './peer-packages.ts';
import { circumstances } from './report.ts';
import { initialize, startServer } from './stdio-client.ts';

const page = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));
const marks = ['<!-- measured:begin -->', '<!-- measured:end -->'] as const;

export async function run(args: string[]): Promise<void> {
  const values = readOptions(args, {
    sizes: { type: 'string', value: 'N,N', default: '1000,10000,100000', help: 'how many memories' },
    runs: { type: 'string', value: 'N', default: '11', help: 'starts of each server' },
    'limit-seconds': { type: 'string', value: 'N', default: '600', help: 'for filling one server' },
    'limit-minutes': {
      type: 'string',
      value: 'N',
      default: '600',
      help: 'for the whole run; what has no time left is shown as not run',
    },
    only: {
      type: 'string',
      value: 'NAME,NAME',
      default: '',
      help: 'servers whose titles contain one of these; otherwise all',
    },
    write: { type: 'boolean', default: false, help: 'put the tables into docs/benchmarks.md' },
  });
  assertBuilt();
  mkdirSync(benchFolder, { recursive: true });
  const folder = mkdtempSync(join(benchFolder, 'all-'));
  const sizes = values.sizes.split(',').map(Number);
  const limitSeconds = Number(values['limit-seconds']);
  const end = performance.now() + Number(values['limit-minutes']) * 60_000;
  const chosen = peers.filter(({ title }) => values.only.split(',').some((part) => title.includes(part)));
  const { installed, missing } = installPeers([memoryMcp, ...chosen]);

  const cold = await measureStarts(installed, folder, Number(values.runs));
  const contests = installed.map((each, number) => {
    const deps = { folder: join(folder, `store-${number}`), sizes, limitSeconds };
    return { title: titleOf(each), steps: measureContestant(each, deps), results: [] as (SizeResult | SizeGap)[] };
  });
  // All at one size, then all at the next: what else the machine does hits them alike.
  for (const size of sizes) {
    for (const { title, steps, results } of contests) {
      const { value } = performance.now() > end ? { value: notRun(size) } : await steps.next();
      if (value === undefined) continue;
      results.push(value);
      console.error(`${title} at ${size}: ${isGap(value) ? value.gap : 'measured'}`);
    }
  }
  const measured: Measured[] = contests;

  const text = [
    circumstances({ command: ['npm run bench -- all', ...args].join(' '), folder }),
    `- A server gets ${limitSeconds} seconds to store a size, and as many for each kind of call; what takes longer is shown as such.`,
    ...missing.map((sentence) => `- Left out: ${sentence}`),
    '\n### Where a peer is ahead\n',
    leads(measured, cold),
    '\n### Start on an empty store\n',
    startTable(cold),
    ...sizes.flatMap((size) => [
      `\n### ${size.toLocaleString('en-US')} memories, one client\n`,
      sizeTable(measured, size),
    ]),
    '\n### Eight clients at once\n',
    eightTable(measured, sizes),
  ].join('\n');
  rmSync(folder, { recursive: true, force: true });
  if (values.write) writePage(text);
  else console.log(text);
}

const notRun = (size: number): SizeGap => ({ size, gap: 'not run, no time was left' });

/** Starts of all servers alternate; the first round only warms the caches. */
async function measureStarts(installed: readonly Installed[], folder: string, runs: number): Promise<Cold> {
  const bare: number[] = [];
  const rows = installed.map((each, number) => ({
    each,
    home: join(folder, `home-${number}`),
    title: titleOf(each),
    starts: [] as Cold['rows'][number]['starts'][number][],
  }));
  for (let round = 0; round <= runs; round++) {
    const node = startServer({ file: '-e', args: ['0'], environment: environmentOf({}, folder), folder });
    await node.ended;
    if (round > 0) bare.push(node.sinceSpawn());
    for (const { each, home, starts } of rows) {
      const start = await startOnce(each, home);
      if (round > 0) starts.push(start);
    }
  }
  return { bare, rows };
}

/** On a home folder that stays, so that what a server caches there counts. */
async function startOnce(
  { contestant, file }: Installed,
  home: string,
): Promise<Cold['rows'][number]['starts'][number]> {
  mkdirSync(home, { recursive: true });
  makeRepository(contestant, home);
  const environment = environmentOf(contestant, home);
  const server = startServer({ file, args: contestant.args ?? [], environment, folder: home });
  await initialize(server);
  const initialized = server.sinceSpawn();
  server.notify('notifications/initialized');
  const { result, bytes } = await server.request('tools/list', {});
  const listed = server.sinceSpawn();
  await new Promise((resolve) => setTimeout(resolve, 600));
  const memory = server.memory();
  await server.end();
  return { initialized, listed, memory, bytes, tools: Array.isArray(result.tools) ? result.tools.length : 0 };
}

const titleOf = ({ contestant: { title, peer } }: Installed) =>
  peer === undefined ? title : `${title} ${peer.version}`;

function writePage(text: string): void {
  const [before = '', rest = ''] = readFileSync(page, 'utf8').split(marks[0]);
  const after = rest.split(marks[1])[1] ?? '';
  writeFileSync(page, `${before}${marks[0]}\n\n${text}\n\n${marks[1]}${after}`);
}
