/**
 * Everything that `bench all` measures of one memory server, at growing numbers of memories in one data folder: creating,
 * searching, right answers, a start on that store, memory, and eight clients at once. What takes longer than the limit ends
 * there and says how far it came.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contestant, callTool, environmentOf, type ToolCall, textOf } from './contestants.ts';
import { commonWords, type Note, noteOf } from './notes.ts';
import type { Installed } from './peer-packages.ts';
import { median, percentile } from './report.ts';
import { initialize, type Reply, type StartedServer, startServer } from './stdio-client.ts';

/** Calls of each kind that are timed; fewer where they take longer than their share of the limit. */
const timed = 50;
/** From this many on, a command that stores many at once is used where there is one. */
const importFrom = 500;
/** Searches that are not counted: a program that runs its code for the first time is slower than it will be. */
const warming = 20;
const clients = 8;
const startSeconds = 60;
const callsPerClient = 10;
/** Notes of the eight clients: far above any size, so that none is there already. */
const firstOfClients = 10_000_000;

export interface SizeResult {
  readonly size: number;
  readonly create: Times;
  readonly word: Searches;
  readonly question: Searches;
  readonly many: Searches;
  /** From the spawn of a server on this store, in milliseconds. */
  readonly start: number;
  readonly firstAnswer: number;
  readonly idle: number | undefined;
  readonly memory: number | undefined;
  readonly eight: EightResult | string;
}

export interface Times {
  readonly p50: number | undefined;
  readonly p95: number | undefined;
}

export interface Searches extends Times {
  readonly bytes: number | undefined;
  readonly asked: number;
  readonly right: number;
}

export interface EightResult {
  readonly callsPerSecond: number;
  readonly failed: number;
  readonly acknowledged: number;
  /** Of the acknowledged ones, by a server that started afterwards. */
  readonly found: number;
  readonly memory: number | undefined;
}

/** Why there is no result, as the page says it. */
export interface SizeGap {
  readonly size: number;
  readonly gap: string;
}

export interface MeasureDeps {
  readonly folder: string;
  readonly sizes: readonly number[];
  readonly limitSeconds: number;
}

export async function* measureContestant(
  installed: Installed,
  { folder, sizes, limitSeconds }: MeasureDeps,
): AsyncGenerator<SizeResult | SizeGap> {
  mkdirSync(folder, { recursive: true });
  makeRepository(installed.contestant, folder);
  let stored = 0;
  let secondsPerNote = 0;
  let gap: string | undefined;
  for (const size of sizes) {
    if (gap !== undefined) {
      yield { size, gap: 'not run, after the size before' };
      continue;
    }
    const expected = Math.round((size - stored) * secondsPerNote);
    if (expected > limitSeconds) {
      gap = `more than ${limitSeconds} s to store them: ${expected} s even if each took no longer than at the size before`;
      yield { size, gap };
      continue;
    }
    const began = performance.now();
    const before = stored;
    const deadline = createDeadline(limitSeconds);
    try {
      await fill(installed, { folder, from: stored, to: size - timed, deadline, count: (more) => (stored += more) });
      secondsPerNote = (performance.now() - began) / 1000 / Math.max(1, stored - before);
      const result = await measureAt(installed, { folder, size, limitSeconds });
      stored = size;
      yield result;
    } catch (error) {
      const tooSlow = `more than ${limitSeconds} s to store them (${stored} were stored)`;
      gap = error instanceof TooSlow ? tooSlow : reasonOf(error);
      yield { size, gap };
    }
  }
}

/** For those that only work in a git repository. */
export function makeRepository({ needsRepository = false }: Contestant, folder: string): void {
  if (needsRepository) execFileSync('git', ['init', '-q'], { cwd: folder });
}

class TooSlow extends Error {}

type Deadline = ReturnType<typeof createDeadline>;

function createDeadline(seconds: number) {
  const end = performance.now() + seconds * 1000;
  return {
    passed: () => performance.now() > end,
    async within<Value>(work: Promise<Value>): Promise<Value> {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new TooSlow()), Math.max(0, end - performance.now()));
      });
      try {
        return await Promise.race([work, late]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function open({ contestant, file }: Installed, folder: string): Promise<StartedServer> {
  const environment = environmentOf(contestant, folder);
  const server = startServer({ file, args: contestant.args ?? [], environment, folder });
  await createDeadline(startSeconds)
    .within(initialize(server))
    .catch(async (error: unknown) => {
      await server.end();
      throw error instanceof TooSlow ? new Error(`no answer to initialize within ${startSeconds} s`) : error;
    });
  server.notify('notifications/initialized');
  return server;
}

interface Filling {
  readonly folder: string;
  readonly from: number;
  readonly to: number;
  readonly deadline: Deadline;
  readonly count: (more: number) => void;
}

/** By the fastest way that the server offers. */
async function fill(installed: Installed, { folder, from, to, deadline, count }: Filling): Promise<void> {
  const { contestant, file } = installed;
  const notes = Array.from({ length: Math.max(0, to - from) }, (_, at) => noteOf(from + at));
  if (contestant.importNotes !== undefined && notes.length > importFrom) {
    const { args, text } = contestant.importNotes(notes);
    const path = join(folder, 'notes.jsonl');
    writeFileSync(path, text);
    const environment = environmentOf(contestant, folder);
    execFileSync(process.execPath, [file, ...args, path], { env: environment, stdio: 'pipe' });
    return count(notes.length);
  }
  const { createMany } = contestant;
  const most = createMany?.most ?? 1;
  const server = await open(installed, folder);
  try {
    for (let start = 0; start < notes.length; start += most) {
      if (deadline.passed()) throw new TooSlow();
      const batch = notes.slice(start, start + most);
      const [first] = batch;
      if (first === undefined) break;
      await deadline.within(callTool(server, createMany?.call(batch) ?? contestant.create(first)));
      count(batch.length);
    }
  } finally {
    await server.end();
  }
}

interface SizeRequest {
  readonly folder: string;
  readonly size: number;
  readonly limitSeconds: number;
}

async function measureAt(installed: Installed, { folder, size, limitSeconds }: SizeRequest): Promise<SizeResult> {
  const { contestant } = installed;
  const asking = await open(installed, folder);
  try {
    const creates: number[] = [];
    const creating = createDeadline(limitSeconds);
    for (let number = size - timed; number < size; number++) {
      const reply = await creating.within(callTool(asking, contestant.create(noteOf(number))));
      creates.push(reply.milliseconds);
    }
    const wanted = Array.from({ length: timed }, (_, round) => noteOf((round * 7919) % size));
    const ask = (queries: readonly Query[]) => search(asking, contestant, { queries, limitSeconds: limitSeconds / 4 });
    await ask(wanted.slice(0, warming).map((note) => ({ query: note.uniqueWord })));
    const word = await ask(wanted.map((note) => ({ query: note.uniqueWord, note })));
    const question = await ask(wanted.map((note) => ({ query: questionAbout(note), note })));
    const many = await ask(wanted.map((_, round) => ({ query: commonWords[round % commonWords.length] ?? '' })));
    const memory = asking.memory();
    await asking.end();
    return {
      size,
      create: timesOf(creates),
      word,
      question,
      many,
      memory,
      ...(await startOn(installed, folder)),
      eight: await measureEightOnCopy(installed, { folder, size, limitSeconds }).catch((error: unknown) =>
        error instanceof TooSlow ? `more than ${limitSeconds} s` : reasonOf(error),
      ),
    };
  } finally {
    await asking.end();
  }
}

const timesOf = (values: readonly number[]): Times => ({ p50: median(values), p95: percentile(values, 0.95) });

/** As a person would ask, in the language of the note. */
function questionAbout({ uniqueWord, tags }: Note): string {
  return tags.includes('japanese')
    ? `番号${uniqueWord}は何の話だった？`
    : `What was I told with the reference ${uniqueWord}?`;
}

interface Query {
  readonly query: string;
  /** The note that answers it. */
  readonly note?: Note;
}

async function search(
  server: StartedServer,
  contestant: Contestant,
  { queries, limitSeconds }: { queries: readonly Query[]; limitSeconds: number },
): Promise<Searches> {
  const deadline = createDeadline(limitSeconds);
  const times: number[] = [];
  const bytes: number[] = [];
  let right = 0;
  for (const { query, note } of queries) {
    if (deadline.passed()) break;
    // What a server refuses, as some do with a word of many notes, or does not answer in time, is not right.
    const reply = await deadline.within(callTool(server, contestant.search(query))).catch(() => undefined);
    if (reply === undefined) continue;
    const text = textOf(reply);
    times.push(reply.milliseconds);
    bytes.push(Buffer.byteLength(text));
    if (note !== undefined && holds(text, contestant, note)) right++;
  }
  return { ...timesOf(times), bytes: median(bytes), asked: queries.length, right };
}

/** The beginning of the note, or what the server shows instead; not the word, because a reply may repeat the question. */
function holds(text: string, { shows }: Contestant, note: Note): boolean {
  return text.includes(shows?.(note) ?? note.content.slice(0, 20));
}

async function startOn(
  installed: Installed,
  folder: string,
): Promise<Pick<SizeResult, 'start' | 'firstAnswer' | 'idle'>> {
  const server = await open(installed, folder);
  const start = server.sinceSpawn();
  await server.request('tools/list', {});
  const idle = server.memory();
  await callTool(server, installed.contestant.search(noteOf(1).uniqueWord));
  const firstAnswer = server.sinceSpawn();
  await server.end();
  return { start, firstAnswer, idle };
}

/** Some damage their data here, which must not count at the next size. */
async function measureEightOnCopy(installed: Installed, { folder, ...rest }: SizeRequest): Promise<EightResult> {
  const copy = `${folder}-eight`;
  cpSync(folder, copy, { recursive: true });
  try {
    return await measureEight(installed, { folder: copy, ...rest });
  } finally {
    rmSync(copy, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** As eight windows of a client: each with a server of its own on the same data, all at once. */
async function measureEight(installed: Installed, { folder, size, limitSeconds }: SizeRequest): Promise<EightResult> {
  const { contestant } = installed;
  const deadline = createDeadline(limitSeconds);
  const opened = await Promise.allSettled(Array.from({ length: clients }, () => open(installed, folder)));
  const servers = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const acknowledged: Note[] = [];
  let failed = (clients - servers.length) * callsPerClient * 2;
  const attempt = async (server: StartedServer, call: ToolCall): Promise<Reply | undefined> => {
    try {
      return await deadline.within(callTool(server, call));
    } catch (error) {
      if (error instanceof TooSlow) throw error;
      failed++;
      return undefined;
    }
  };
  try {
    const began = performance.now();
    await Promise.all(
      servers.map(async (server, client) => {
        for (let round = 0; round < callsPerClient; round++) {
          const note = noteOf(firstOfClients + size * 100 + client * callsPerClient + round);
          if ((await attempt(server, contestant.create(note))) !== undefined) acknowledged.push(note);
          await attempt(server, contestant.search(noteOf((round * 7919) % size).uniqueWord));
        }
      }),
    );
    const seconds = (performance.now() - began) / 1000;
    const memories = servers.map((server) => server.memory() ?? Number.NaN);
    const sum = memories.reduce((total, each) => total + each, 0);
    await Promise.all(servers.map((server) => server.end()));
    const found = await countFound(installed, { folder, notes: acknowledged, deadline });
    return {
      callsPerSecond: (clients * callsPerClient * 2) / seconds,
      failed,
      acknowledged: acknowledged.length,
      found,
      memory: Number.isNaN(sum) ? undefined : sum,
    };
  } finally {
    await Promise.all(servers.map((server) => server.end()));
  }
}

/** By a server that starts afterwards. */
async function countFound(
  installed: Installed,
  { folder, notes, deadline }: { folder: string; notes: readonly Note[]; deadline: Deadline },
): Promise<number> {
  const { contestant } = installed;
  const server = await open(installed, folder);
  let found = 0;
  try {
    for (const note of notes) {
      const reply = await deadline.within(callTool(server, contestant.search(note.uniqueWord)));
      if (holds(textOf(reply), contestant, note)) found++;
    }
  } finally {
    await server.end();
  }
  return found;
}

/** Without the paths of this machine. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [, code] = /^\S+ ended with (\S+)/.exec(text) ?? [];
  if (code !== undefined) return `a server ended by itself with ${code}`;
  return text
    .replace(/\S*[/\\]\S*/g, '…')
    .replace(/\s+/g, ' ')
    .slice(0, 120);
}

export const isGap = (entry: SizeResult | SizeGap): entry is SizeGap => 'gap' in entry;
