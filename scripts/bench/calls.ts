/**
 * How long creating and searching take when a server holds 1,000 and 10,000 memories, how much a reply makes a model
 * read, and what the process weighs afterwards. Samples of the replies are printed, so that nobody times failures.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
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
import { type Installed, installPeers } from './peer-packages.ts';
import { circumstances, median, percentile, shown, table } from './report.ts';
import { initialize, type StartedServer, startServer } from './stdio-client.ts';

/** How many creates and searches are timed. */
const timed = 100;

interface Outcome {
  readonly cells: string[];
  readonly samples: string[];
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      sizes: { type: 'string', default: '1000,10000' },
      /** none, server-memory or all */
      peers: { type: 'string', default: 'server-memory' },
    },
  });
  assertBuilt();
  mkdirSync(benchFolder, { recursive: true });
  const folder = mkdtempSync(join(benchFolder, 'calls-'));
  const chosen = { none: [], all: peers, 'server-memory': [serverMemory] }[values.peers];
  if (chosen === undefined) throw new Error('--peers takes none, server-memory or all');
  const { installed, missing } = installPeers([memoryMcp, ...chosen]);

  const outcomes: Outcome[] = [];
  for (const size of values.sizes.split(',').map(Number)) {
    for (const each of installed) outcomes.push(await measure(each, size, folder));
  }

  console.log(
    `Calls over stdio, one after the other: the last ${timed} single creates at that size, then ${timed} searches, ` +
      `half for a word of one note, half for a word of many, at most 10 results where the server knows a limit.\n`,
  );
  console.log(
    table(
      [
        'server',
        'memories',
        'create p50 / p95 ms',
        'search p50 / p95 ms',
        'reply bytes p50 / max',
        'found',
        'MB',
        'load s',
      ],
      outcomes.map(({ cells }) => cells),
    ),
  );
  console.log(
    `\nReply bytes: the text of a search reply, as a model reads it. Found: searches for a word of one note whose note ` +
      `is in the reply. MB: resident memory at the end. Load: all notes, in batches where the server takes them.\n`,
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

  const searches: number[] = [];
  const bytes: number[] = [];
  let found = 0;
  let foundText = '';
  for (let round = 0; round < timed; round++) {
    const wanted = notes[(round * 7919) % size];
    const query = round % 2 === 0 ? wanted?.uniqueWord : commonWords[(round >> 1) % commonWords.length];
    const reply = await callTool(server, contestant.search(query ?? ''));
    const text = textOf(reply);
    searches.push(reply.milliseconds);
    bytes.push(Buffer.byteLength(text));
    // The beginning of the note rather than the word: a reply may repeat the question.
    if (round % 2 === 0 && wanted !== undefined && text.includes(wanted.content.slice(0, 20))) {
      found++;
      foundText = text;
    }
  }
  const memory = server.memory();
  await server.end();
  rmSync(folder, { recursive: true, force: true });

  const pair = (values: readonly number[], digits: number) =>
    `${shown(median(values), digits)} / ${shown(percentile(values, 0.95), digits)}`;
  return {
    cells: [
      contestant.title,
      String(size),
      pair(creates, 2),
      pair(searches, 2),
      `${shown(median(bytes))} / ${shown(Math.max(...bytes))}`,
      `${found}/${timed / 2}`,
      shown(memory),
      shown(loaded, 1),
    ],
    samples: [
      `- ${contestant.title} at ${size}, create: \`${oneLine(created)}\``,
      `- ${contestant.title} at ${size}, search: \`${oneLine(foundText)}\``,
    ],
  };
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
