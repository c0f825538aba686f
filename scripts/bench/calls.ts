/**
 * How long creating and searching take when a server holds 1,000 and 10,000 memories, how much a reply makes a model
 * read, and what the process weighs afterwards. Samples of the replies are printed, so that nobody times failures.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  assertBuilt,
  benchFolder,
  callTool,
  environmentOf,
  memoryMcp,
  peers,
  serverMemory,
  textOf,
} from './contestants.ts';
import { commonWords, type Note, noteOf } from './notes.ts';
import { readOptions, UsageError } from './options.ts';
import { type Installed, installPeers } from './peer-packages.ts';
import { circumstances, median, percentile, shown, table } from './report.ts';
import { initialize, type Reply, type StartedServer, startServer } from './stdio-client.ts';

/** How many creates are timed, and how many searches of each kind. */
const timed = 100;

interface Outcome {
  readonly cells: string[];
  readonly samples: string[];
}

export async function run(args: string[]): Promise<void> {
  const values = readOptions(args, {
    sizes: { type: 'string', value: 'N,N', default: '1000,10000', help: 'how many memories' },
    peers: { type: 'string', value: 'WHICH', default: 'server-memory', help: 'none, server-memory or all' },
  });
  assertBuilt();
  mkdirSync(benchFolder, { recursive: true });
  const folder = mkdtempSync(join(benchFolder, 'calls-'));
  const chosen = { none: [], all: peers, 'server-memory': [serverMemory] }[values.peers];
  if (chosen === undefined) throw new UsageError('--peers takes none, server-memory or all');
  const { installed, missing } = installPeers([memoryMcp, ...chosen]);

  const outcomes: Outcome[] = [];
  for (const size of values.sizes.split(',').map(Number)) {
    for (const each of installed) {
      const outcome = await measure(each, size, folder).catch((error: unknown) => {
        missing.push(`${each.contestant.title} at ${size} (${oneLine(String(error))})`);
      });
      if (outcome !== undefined) outcomes.push(outcome);
    }
  }

  console.log(
    `Calls over stdio, one after the other: the last ${timed} single creates at that size, then ${timed} searches for a ` +
      `word of one note and ${timed} for a word of many, at most 10 results where the server knows a limit. p50 / p95.\n`,
  );
  console.log(
    table(
      [
        'server',
        'memories',
        'create ms',
        'search, one note: ms',
        'bytes',
        'found',
        'search, many notes: ms',
        'bytes',
        'MB',
        'load s',
      ],
      outcomes.map(({ cells }) => cells),
    ),
  );
  console.log(
    `\nBytes: the text of a reply, as a model reads it. Found: searches for a word of one note whose note is in the ` +
      `reply. Refused: such searches that were errors. MB: resident memory at the end. Load: all notes, in batches where the server takes them.\n`,
  );
  console.log(circumstances({ command: ['npm run bench -- calls', ...args].join(' '), folder }));
  for (const sentence of missing) console.log(`- Left out: ${sentence}`);
  console.log(`\nSample replies:\n\n${outcomes.flatMap(({ samples }) => samples).join('\n')}`);
  rmSync(folder, { recursive: true, force: true });
}

async function measure({ contestant, file }: Installed, size: number, parent: string): Promise<Outcome> {
  console.error(`${contestant.title}: ${size} memories …`);
  const folder = mkdtempSync(join(parent, 'data-'));
  const environment = environmentOf(contestant, folder);
  const server = startServer({ file, args: contestant.args ?? [], environment, folder });
  await initialize(server);
  server.notify('notifications/initialized');
  const notes = Array.from({ length: size }, (_, number) => noteOf(number));

  const began = performance.now();
  await load(server, contestant, notes.slice(0, -timed));
  const creates: number[] = [];
  let created = '';
  for (const note of notes.slice(-timed)) {
    const reply = await callTool(server, contestant.create(note));
    creates.push(reply.milliseconds);
    created = textOf(reply);
  }
  const loaded = (performance.now() - began) / 1000;

  const one = createSeries();
  const many = createSeries();
  let found = 0;
  let refused = 0;
  let foundText = '';
  for (let round = 0; round < timed; round++) {
    const wanted = notes[(round * 7919) % size] ?? noteOf(0);
    const text = one.add(await callTool(server, contestant.search(wanted.uniqueWord)));
    const common = await callTool(server, contestant.search(commonWords[round % commonWords.length] ?? '')).catch(
      () => {},
    );
    if (common === undefined) refused++;
    else many.add(common);
    // The beginning of the note rather than the word: a reply may repeat the question.
    if (text.includes(wanted.content.slice(0, 20))) {
      found++;
      foundText = text;
    }
  }
  const memory = server.memory();
  await server.end();
  rmSync(folder, { recursive: true, force: true });

  return {
    cells: [
      contestant.title,
      String(size),
      pair(creates, 2),
      pair(one.times, 2),
      pair(one.bytes, 0),
      `${found}/${timed}`,
      pair(many.times, 2) + (refused === 0 ? '' : ` (refused ${refused})`),
      pair(many.bytes, 0),
      shown(memory),
      shown(loaded, 1),
    ],
    samples: [
      `- ${contestant.title} at ${size}, create: \`${oneLine(created)}\``,
      `- ${contestant.title} at ${size}, search: \`${oneLine(foundText)}\``,
    ],
  };
}

interface Series {
  readonly times: number[];
  readonly bytes: number[];
  /** Takes a reply in and returns its text. */
  add(reply: Reply): string;
}

function createSeries(): Series {
  const times: number[] = [];
  const bytes: number[] = [];
  return {
    times,
    bytes,
    add(reply) {
      const text = textOf(reply);
      times.push(reply.milliseconds);
      bytes.push(Buffer.byteLength(text));
      return text;
    },
  };
}

function pair(values: readonly number[], digits: number): string {
  return `${shown(median(values), digits)} / ${shown(percentile(values, 0.95), digits)}`;
}

async function load(server: StartedServer, contestant: Installed['contestant'], notes: readonly Note[]): Promise<void> {
  const { create, createMany } = contestant;
  if (createMany === undefined) {
    for (const note of notes) await callTool(server, create(note));
    return;
  }
  for (let start = 0; start < notes.length; start += createMany.most) {
    await callTool(server, createMany.call(notes.slice(start, start + createMany.most)));
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('`', "'").slice(0, 200);
}
