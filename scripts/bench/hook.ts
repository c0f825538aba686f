/**
 * What hooks show without being asked: how often a prompt gets its answer, how often one gets something that never was a
 * subject, in stores of several sizes and in prompts of several sentences; and how long a hook takes beside `node -e 0`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findRelevantMemories } from '../../src/hook/relevant-memories.ts';
import { type MemoryStore, openMemoryStore } from '../../src/store/memory-store.ts';
import { noteOf } from './notes.ts';
import { readWords } from './options.ts';
import { foreignQuestions } from './recall-foreign.ts';
import { loadQuestionSets, type QuestionGroup, type QuestionQuery, type QuestionSet } from './recall-sets.ts';
import { circumstances, median, percentile, shown, table } from './report.ts';

const root = join(import.meta.dirname, '..', '..');
const defaultSets = join(root, '..', 'shared', 'eval', 'sets');
const mostShown = 3;
/** Questions of a group, and of each set for strangers. */
const mostOwn = 200;
const mostForeign = 250;
const sizes = [10, 100, undefined];
const runs = 100;
const program = join(root, 'bin', 'memory-mcp.js');
/** Matches thousands of the notes by some word. */
const typicalPrompt = 'Please update the note about the piano lessons in Kyoto. What did the landlord say about it?';
/** A server writes its compiled code half a second after its first answer. */
const codeKeptAfter = 3_000;

export async function run(args: readonly string[]): Promise<void> {
  const [what = defaultSets] = readWords(args, {
    value: 'time | DIR',
    help: 'time: only how long a hook takes; DIR: the folder of the question sets',
  });
  if (what === 'time') return console.log(await measureTime());
  const sets = loadQuestionSets(what);
  const quality: string[][] = [];
  for (const shape of ['a question', 'a prompt of four sentences'] as const) {
    for (const size of sizes) {
      if (shape !== 'a question' && size !== undefined) continue;
      for (const row of await measureSets(sets, { shape, size }))
        quality.push([shape, size === undefined ? 'all' : `${size}`, ...row]);
    }
  }
  console.log(
    table(
      [
        'prompt',
        'memories',
        'set',
        'answerable',
        'got something, %',
        'got the answer, %',
        'never a subject',
        'got something, %',
        'precision, %',
        'reported half, %',
      ],
      quality,
    ),
  );
  console.log(`\n${await measureTime()}`);
  console.log(`\n${circumstances({ command: 'npm run bench -- hook', folder: root })}`);
}

interface Situation {
  readonly shape: 'a question' | 'a prompt of four sentences';
  /** At most so many memories; all of the set where absent. */
  readonly size: number | undefined;
}

interface Counts {
  asked: number;
  given: number;
  answered: number;
  foreign: number;
  wrong: number;
}

const noCounts = (): Counts => ({ asked: 0, given: 0, answered: 0, foreign: 0, wrong: 0 });

async function measureSets(sets: readonly QuestionSet[], situation: Situation): Promise<string[][]> {
  const foreign = foreignQuestions(sets, mostForeign);
  const rows: string[][] = [];
  for (const set of sets) {
    const all = noCounts();
    const reported = noCounts();
    for (const group of set.groups) {
      await measureGroup(group, foreign.get(group) ?? [], situation, (counts, half) => {
        for (const total of half ? [all, reported] : [all]) add(total, counts);
      });
    }
    if (all.asked === 0 || all.foreign === 0) continue;
    rows.push([
      set.name,
      `${all.asked}`,
      percent(all.given, all.asked),
      percent(all.answered, all.asked),
      `${all.foreign}`,
      percent(all.wrong, all.foreign),
      precision(all),
      precision(reported),
    ]);
  }
  return rows;
}

function add(total: Counts, more: Counts): void {
  total.asked += more.asked;
  total.given += more.given;
  total.answered += more.answered;
  total.foreign += more.foreign;
  total.wrong += more.wrong;
}

const percent = (part: number, whole: number): string => shown(whole === 0 ? undefined : (100 * part) / whole, 1);

/** The share of what was shown that was shown to prompts of the store, where both kinds are equally many. */
function precision({ asked, given, foreign, wrong }: Counts): string {
  const right = given / asked;
  return percent(right, right + wrong / foreign);
}

async function measureGroup(
  group: QuestionGroup,
  foreign: readonly QuestionQuery[],
  { shape, size }: Situation,
  count: (counts: Counts, reported: boolean) => void,
): Promise<void> {
  const questions = group.queries.filter(({ unanswerable, language }) => !unanswerable && language === group.language);
  // A small store holds the answers of the first questions.
  const own = questions.slice(0, size ?? mostOwn);
  const wanted = new Set(own.flatMap(({ relevant }) => relevant.slice(0, 1)));
  const corpus = size === undefined ? group.corpus : group.corpus.filter(({ id }) => wanted.has(id)).slice(0, size);
  const { store, idsOf } = await fill(corpus);
  const present = new Set(corpus.map(({ id }) => id));
  const others = foreign.filter(({ language }) => language === group.language);
  const ask = (question: QuestionQuery, at: number): string[] => {
    const prompt = shape === 'a question' ? question.text : amongOthers(question, others, at);
    return findRelevantMemories(store, prompt, { allowed: () => true, projectTag: undefined })
      .filter(({ relevant }) => relevant)
      .slice(0, mostShown)
      .flatMap(({ memory }) => idsOf.get(memory.id) ?? []);
  };
  for (const [at, question] of own.entries()) {
    if (!question.relevant.some((id) => present.has(id))) continue;
    const found = ask(question, at);
    const answered = found.some((id) => question.relevant.includes(id));
    count({ ...noCounts(), asked: 1, given: Number(found.length > 0), answered: Number(answered) }, question.reported);
  }
  for (const [at, question] of others.entries()) {
    count({ ...noCounts(), foreign: 1, wrong: Number(ask(question, at).length > 0) }, question.reported);
  }
  await store.close();
}

/** The question as the third of four sentences; the others ask of things that never came up. */
function amongOthers(question: QuestionQuery, others: readonly QuestionQuery[], at: number): string {
  const other = (offset: number) => others[(7 * at + offset) % others.length]?.text ?? '';
  return [other(1), other(2), question.text, other(3)].join('\n');
}

async function fill(
  corpus: QuestionGroup['corpus'],
): Promise<{ store: MemoryStore; idsOf: ReadonlyMap<number, readonly string[]> }> {
  const store = await openMemoryStore({ persona: 'bench', busyTimeout: 1_000 });
  const idsOf = new Map<number, string[]>();
  for (const [at, { id, text }] of corpus.entries()) {
    const created_at = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString();
    const draft = { content: text, tags: [], importance: 0.5, source: 'bench', created_at, key: `memory_${at}` };
    const { memory } = await store.memories.create(draft);
    idsOf.set(memory.id, [...(idsOf.get(memory.id) ?? []), id]);
  }
  return { store, idsOf };
}

/** A server has run before, as a client's does: it keeps the compiled code. */
async function keepCompiledCode(env: NodeJS.ProcessEnv): Promise<void> {
  const server = spawn(process.execPath, [program, 'serve', '--stdio'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } };
  server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
  await once(server.stdout, 'data');
  await delay(codeKeptAfter);
  server.stdin.end();
  await once(server, 'exit');
}

/** A prompt hook over 10,000 memories, in turns with `node -e 0`. */
async function measureTime(): Promise<string> {
  const dataDir = join(root, '.cache', 'bench-hook');
  const folder = join(dataDir, 'memory', 'default');
  mkdirSync(folder, { recursive: true });
  const store = await openMemoryStore({ path: join(folder, 'memory.sqlite'), persona: 'default', busyTimeout: 1_000 });
  const words = Array.from({ length: 10_000 }, (_, number) => noteOf(number).content);
  if (store.fullText.statistics().count < words.length) {
    for (const [at, content] of words.entries()) {
      const created_at = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString();
      await store.memories.create({
        content,
        tags: [],
        importance: 0.5,
        source: 'bench',
        created_at,
        key: `memory_${at}`,
      });
    }
  }
  await store.close();
  const env = { ...process.env, MEMORY_MCP_DATA_DIR: dataDir };
  const input = JSON.stringify({ prompt: typicalPrompt, cwd: root });
  await keepCompiledCode(env);
  const programs = {
    'node -e 0': ['-e', '0'],
    'hook prompt': [program, 'hook', 'prompt'],
    'hook session-start': [program, 'hook', 'session-start'],
  };
  const times = new Map(Object.keys(programs).map((name): [string, number[]] => [name, []]));
  for (let turn = 0; turn <= runs; turn++) {
    for (const [name, args] of Object.entries(programs)) {
      const began = performance.now();
      const { stdout, status } = spawnSync(process.execPath, args, { env, input });
      if (status !== 0 || (name === 'hook session-start' && stdout.length === 0)) throw new Error(`${name} failed`);
      // The first turn fills the caches.
      if (turn > 0) times.get(name)?.push(performance.now() - began);
    }
  }
  const base = times.get('node -e 0') ?? [];
  const multiple = (value: number | undefined, of: number | undefined) => shown((value ?? 0) / (of ?? 1), 2);
  return table(
    ['10,000 memories', 'p50, ms', 'p99, ms', 'p50 as a multiple', 'p99 as a multiple'],
    [...times].map(([name, values]) => [
      name,
      shown(median(values)),
      shown(percentile(values, 0.99)),
      multiple(median(values), median(base)),
      multiple(percentile(values, 0.99), percentile(base, 0.99)),
    ]),
  );
}
