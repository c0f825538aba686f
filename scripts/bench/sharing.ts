/**
 * Eight stdio servers on four personas that share one inference process, beside eight with one each: their memory, and
 * how long the last one takes from its handshake to its first answer by meaning. Both kinds alternate in one run.
 * Arguments: `--model FOLDER` (default multilingual-e5-small of ../shared/models), `--memories 1000`, `--rounds 3`.
 * Linux only, where /proc says what a process has to itself.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { assertBuilt, benchFolder, environmentOf, memoryMcp, program } from './contestants.ts';
import { noteOf } from './notes.ts';
import { readOptions } from './options.ts';
import { circumstances, median, shown, table } from './report.ts';
import { initialize, type StartedServer, startServer } from './stdio-client.ts';

const personas = ['aoi', 'ren', 'yui', 'sora'];
const serverCount = 8;
const searchesEach = 10;
const question = '去年の春はどこにいた？';

/** Where the servers meet: a short path, because that of a socket may not be long. */
const home = join(tmpdir(), `mm-bench-${process.pid}`);

type Kind = 'shared' | 'own';

interface Round {
  readonly kind: Kind;
  /** From `initialized` to the first answer by meaning, in milliseconds. */
  readonly firstAnswer: number;
  readonly servers: Memory;
  readonly models: Memory;
}

/** In MB. PSS divides what several processes share among them, so that it can be added up. */
interface Memory {
  readonly processes: number;
  readonly pss: number;
  readonly rss: number;
}

export async function run(args: string[]): Promise<void> {
  const values = readOptions(args, {
    model: {
      type: 'string',
      value: 'DIR',
      default: join(import.meta.dirname, '../../../shared/models/multilingual-e5-small'),
      help: 'the folder of the embedding model',
    },
    memories: { type: 'string', value: 'N', default: '1000', help: 'in each persona' },
    rounds: { type: 'string', value: 'N', default: '3', help: 'of which the medians are shown' },
  });
  assertBuilt();
  mkdirSync(home, { mode: 0o700 });
  const model = values.model;
  const folder = join(benchFolder, `sharing-${basename(model)}-${values.memories}`);
  await prepare(folder, model, Number(values.memories));

  const rounds: Round[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const kind of ['shared', 'own'] as const) {
      rounds.push(await measure(kind, folder, model));
      console.error(`round ${round + 1}, ${kind}: ${JSON.stringify(rounds.at(-1))}`);
    }
  }
  console.log(
    `${serverCount} stdio servers on ${personas.length} personas of ${values.memories} memories, ${basename(model)}, ` +
      `after ${searchesEach} searches each: medians of ${values.rounds} rounds, alternating.\n`,
  );
  console.log(
    table(
      [
        'inference',
        'PSS MB in total',
        'RSS MB in total',
        'model processes (and host)',
        'their PSS MB',
        'PSS MB of a server',
        'ms to the first answer of the eighth (least)',
      ],
      (['shared', 'own'] as const).map((kind) => cellsOf(kind, rounds)),
    ),
  );
  rmSync(home, { recursive: true });
  console.log(`\n${circumstances({ command: ['npm run bench -- sharing', ...args].join(' '), folder })}`);
}

function cellsOf(kind: Kind, rounds: readonly Round[]): string[] {
  const own = rounds.filter((round) => round.kind === kind);
  const of = (value: (round: Round) => number) => median(own.map(value));
  return [
    kind,
    shown(of(({ servers, models }) => servers.pss + models.pss)),
    shown(of(({ servers, models }) => servers.rss + models.rss)),
    shown(of(({ models }) => models.processes)),
    shown(of(({ models }) => models.pss)),
    shown(of(({ servers }) => servers.pss / servers.processes)),
    `${shown(of(({ firstAnswer }) => firstAnswer))} (${shown(Math.min(...own.map(({ firstAnswer }) => firstAnswer)))})`,
  ];
}

/** Stores the memories of all personas with their vectors, unless an earlier run has done so. */
async function prepare(folder: string, model: string, memories: number): Promise<void> {
  const done = join(folder, 'prepared');
  if (existsSync(done)) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.error(`storing ${personas.length} × ${memories} memories …`);
  const servers = personas.map((persona) => start('shared', folder, model, persona));
  await Promise.all(
    servers.map(async (server, number) => {
      await greet(server);
      for (let n = 0; n < memories; n++) {
        const { content, tags } = noteOf(number * memories + n);
        await call(server, 'memory_create', { content, tags });
      }
      for (;;) {
        const { recall } = await call(server, 'get_context', {});
        if (typeof recall === 'object' && recall !== null && 'queued' in recall && recall.queued === 0) break;
        await delay(500);
      }
      await answerByMeaning(server);
      await server.end();
    }),
  );
  writeFileSync(done, '');
}

async function measure(kind: Kind, folder: string, model: string): Promise<Round> {
  const servers: StartedServer[] = [];
  try {
    for (let number = 0; number < serverCount - 1; number++) {
      const server = start(kind, folder, model, personas[number % personas.length] ?? '');
      servers.push(server);
      await greet(server);
      await answerByMeaning(server);
    }
    const last = start(kind, folder, model, personas.at(-1) ?? '');
    servers.push(last);
    await initialize(last);
    last.notify('notifications/initialized');
    const began = performance.now();
    await answerByMeaning(last);
    const firstAnswer = performance.now() - began;
    for (const server of servers) {
      for (let n = 0; n < searchesEach; n++) await answerByMeaning(server);
    }
    await delay(1_000);
    const own = servers.map(({ pid }) => pid);
    const below = own.flatMap(descendants);
    const expected = kind === 'shared' ? 2 : serverCount;
    if (below.length !== expected) throw new Error(`${kind}: ${below.length} processes instead of ${expected}`);
    return { kind, firstAnswer, servers: memoryOf(own), models: memoryOf(below) };
  } finally {
    await Promise.all(servers.map((server) => server.end()));
    // The host leaves after the last server.
    await delay(3_000);
  }
}

function start(kind: Kind, folder: string, model: string, persona: string): StartedServer {
  return startServer({
    file: program,
    args: [...(memoryMcp.args ?? []), '--persona', persona],
    folder,
    environment: {
      ...environmentOf(memoryMcp, folder, home),
      MEMORY_MCP_EMBEDDINGS_MODEL: model,
      MEMORY_MCP_RERANKER_MODEL: 'none',
      MEMORY_MCP_INFERENCE: kind,
    },
  });
}

async function greet(server: StartedServer): Promise<void> {
  await initialize(server);
  server.notify('notifications/initialized');
}

async function call(server: StartedServer, name: string, args: object): Promise<Readonly<Record<string, unknown>>> {
  const { result } = await server.request('tools/call', { name, arguments: args });
  const { structuredContent } = result;
  return typeof structuredContent === 'object' && structuredContent !== null ? { ...structuredContent } : {};
}

/** Asks until the answer is not by words. */
async function answerByMeaning(server: StartedServer): Promise<void> {
  for (const deadline = performance.now() + 120_000; performance.now() < deadline; ) {
    const { mode } = await call(server, 'memory_search', { query: question, mode: 'semantic' });
    if (mode === 'semantic') return;
    await delay(10);
  }
  throw new Error('a server got no answer by meaning within two minutes');
}

function descendants(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const list = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim();
    return list === '' ? [] : list.split(' ').map(Number);
  });
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function memoryOf(pids: readonly number[]): Memory {
  const total = (field: string) =>
    pids.reduce((sum, pid) => {
      const [, kilobytes] =
        new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
      return sum + Number(kilobytes);
    }, 0) / 1024;
  return { processes: pids.length, pss: total('Pss'), rss: total('Rss') };
}
