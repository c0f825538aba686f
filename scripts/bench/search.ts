/**
 * How long a search takes in a store of 10,000 and of 100,000 memories, over stdio, with and without vectors, beside
 * what one would write with SQLite alone. The contestants take turns of ten calls.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { openModels } from '../../src/model/models.ts';
import { modelSettingsFor } from '../../test/support/models.ts';
import { writeTestModel } from '../test-model/test-models.ts';
import { assertBuilt, benchFolder, callTool } from './contestants.ts';
import { startMemoryMcp } from './memory-mcp-server.ts';
import { readOptions } from './options.ts';
import { circumstances, median, percentile, shown, table } from './report.ts';
import { questionKinds } from './search-notes.ts';
import { fillStore } from './search-store.ts';
import { startServer } from './stdio-client.ts';

/** Calls in a row of one contestant; the first of each turn is not counted, it finds the processor's caches cold. */
const turn = 11;
const starts = 5;
const asked = ['keyword', 'hybrid', 'model alone', 'trigram', 'like'] as const;

interface Answer {
  readonly milliseconds: number;
  readonly results: number;
}

interface Row {
  readonly kind: string;
  readonly times: Readonly<Record<(typeof asked)[number], number[]>>;
  readonly results: number[];
}

const replySchema = z.object({
  results: z.array(z.unknown()),
  mode: z.string(),
  waited_for: z.string().optional(),
  degraded_reason: z.string().optional(),
});

export async function run(args: string[]): Promise<void> {
  const values = readOptions(args, {
    sizes: { type: 'string', value: 'N,N', default: '10000,100000', help: 'how many memories' },
    rounds: { type: 'string', value: 'N', default: '100', help: 'questions of each kind' },
    'without-like': {
      type: 'boolean',
      default: false,
      help: 'leave LIKE out, which takes seconds for a long question',
    },
    keep: { type: 'boolean', default: false, help: 'leave the filled stores where the next run finds them' },
  });
  assertBuilt();
  const model = writeTestModel('wide-embed');
  const rows: string[][] = [];
  const firsts: string[][] = [];
  for (const size of values.sizes.split(',').map(Number)) {
    const folder = join(benchFolder, `search-${size}`);
    mkdirSync(folder, { recursive: true });
    console.error(`${size} memories: filling …`);
    await fillStore({ folder, size, model });
    console.error(`${size} memories: asking …`);
    rows.push(
      ...(await measure({ folder, size, model, rounds: Number(values.rounds), like: !values['without-like'] })).map(
        (row) => cells(size, row),
      ),
    );
    for (const mode of ['keyword', 'hybrid'] as const) firsts.push(await firstSearches({ folder, size, model, mode }));
    if (!values.keep) rmSync(folder, { recursive: true, force: true });
  }
  const heads = ['memories', 'question', 'keyword', 'hybrid', 'of it the model', 'results', 'FTS5 trigram', 'LIKE'];
  console.log(
    `Searches over stdio, one after the other, ${values.rounds} of a kind in turns of ten: p50 / p95 in ms, 10 results wanted.\n`,
  );
  console.log(table([...heads, 'FTS5 ÷ keyword', 'FTS5 ÷ hybrid'], rows));
  console.log('\nThe first search after a start, asked as soon as the server has introduced itself:\n');
  console.log(table(['memories', 'mode asked', 'mode answered', `ms, median of ${starts}`, 'waited for'], firsts));
  console.log(`
Keyword: a server without a model. Hybrid: the same store with vectors of 384 dimensions, nothing subtracted; the model
is a tiny one, and what it takes when it is asked alone stands beside it. FTS5 trigram and LIKE: a process that holds
the same texts in SQLite, asked over stdio as well; for less than three characters FTS5 trigram is LIKE. ÷: its median
over that of memory-mcp. The stores were filled through the product's store code in the benchmark's own process, their
vectors by the server's queue.
`);
  console.log(circumstances({ command: ['npm run bench -- search', ...args].join(' '), folder: benchFolder }));
}

interface Place {
  readonly folder: string;
  readonly size: number;
  readonly model: string;
}

async function measure({
  folder,
  size,
  model,
  rounds,
  like,
}: Place & { rounds: number; like: boolean }): Promise<Row[]> {
  const keyword = await startMemoryMcp({ folder, model: 'none' });
  const hybrid = await startMemoryMcp({ folder, model });
  const rival = startServer({
    file: '--import',
    args: [
      'tsx',
      fileURLToPath(new URL('search-rival.ts', import.meta.url)),
      join(folder, 'rival.sqlite'),
      String(size),
    ],
    environment: { PATH: process.env.PATH ?? '' },
    folder: fileURLToPath(new URL('../..', import.meta.url)),
  });
  const models = openModels({
    settings: modelSettingsFor({ embeddings: { model } }),
    clock: systemClock,
    logger: silentLogger,
  });
  const askRival = async (method: string, question: string): Promise<Answer> => {
    const { milliseconds, result } = await rival.request(method, { question });
    return { milliseconds, results: z.array(z.unknown()).parse(result.results).length };
  };
  const contestants: Record<(typeof asked)[number], (question: string) => Promise<Answer>> = {
    keyword: (question) => search(keyword, question, 'keyword'),
    hybrid: (question) => search(hybrid, question, 'hybrid'),
    'model alone': async (question) => {
      const began = performance.now();
      await models.embedder.embedQuery(question);
      return { milliseconds: performance.now() - began, results: 0 };
    },
    trigram: (question) => askRival('trigram', question),
    like: (question) => askRival('like', question),
  };
  try {
    await untilHybrid(hybrid);
    const rows: Row[] = [];
    for (const [kind, prepareQueryFor] of Object.entries(questionKinds)) {
      const row: Row = {
        kind,
        times: { keyword: [], hybrid: [], 'model alone': [], trigram: [], like: [] },
        results: [],
      };
      for (let first = 0; first < rounds; first += turn - 1) {
        const questions = Array.from({ length: turn }, (_, call) => prepareQueryFor(first + call, size));
        for (const one of asked.filter((each) => like || each !== 'like')) {
          for (const [call, question] of questions.entries()) {
            const { milliseconds, results } = await contestants[one](question);
            if (call === 0) continue;
            row.times[one].push(milliseconds);
            if (one === 'keyword') row.results.push(results);
          }
        }
      }
      rows.push(row);
    }
    return rows;
  } finally {
    await Promise.all([keyword.end(), hybrid.end(), rival.end(), models.close()]);
  }
}

type Server = Awaited<ReturnType<typeof startMemoryMcp>>;

async function ask(server: Server, query: string, mode: string) {
  const { milliseconds, result } = await callTool(server, {
    name: 'memory_search',
    arguments: { query, mode, limit: 10 },
  });
  return { milliseconds, ...replySchema.parse(result.structuredContent) };
}

/** A search that could not run as it was asked is no measurement. */
async function search(server: Server, query: string, wanted: 'keyword' | 'hybrid'): Promise<Answer> {
  const { milliseconds, results, mode, degraded_reason } = await ask(server, query, wanted);
  if (mode !== wanted || degraded_reason !== undefined)
    throw new Error(`asked for ${wanted}: ${mode}, ${degraded_reason}`);
  return { milliseconds, results: results.length };
}

async function untilHybrid(server: Server): Promise<void> {
  for (let tries = 0; tries < 20; tries++) if ((await ask(server, 'memory', 'hybrid')).mode === 'hybrid') return;
  throw new Error('the model did not become ready');
}

async function firstSearches({ folder, model, size, mode }: Place & { mode: 'keyword' | 'hybrid' }): Promise<string[]> {
  const answers: Awaited<ReturnType<typeof ask>>[] = [];
  for (let start = 0; start < starts; start++) {
    const server = await startMemoryMcp({ folder, model: mode === 'keyword' ? 'none' : model });
    answers.push(await ask(server, questionKinds['common word']?.(start, size) ?? '', mode));
    await server.end();
  }
  const said = answers.map(({ waited_for, degraded_reason }) => waited_for ?? degraded_reason ?? 'says nothing');
  return [
    size.toLocaleString('en'),
    mode,
    [...new Set(answers.map((answer) => answer.mode))].join(', '),
    shown(median(answers.map(({ milliseconds }) => milliseconds)), 0),
    said.at(-1) ?? '',
  ];
}

function cells(size: number, { kind, times, results }: Row): string[] {
  const pair = (values: readonly number[]) => `${shown(median(values), 2)} / ${shown(percentile(values, 0.95), 2)}`;
  const ratio = (one: readonly number[], other: readonly number[]) =>
    shown((median(one) ?? Number.NaN) / (median(other) ?? Number.NaN), 2);
  return [
    size.toLocaleString('en'),
    kind,
    pair(times.keyword),
    pair(times.hybrid),
    shown(median(times['model alone']), 2),
    shown(results.reduce((sum, count) => sum + count, 0) / Math.max(1, results.length), 1),
    pair(times.trigram),
    pair(times.like),
    ratio(times.trigram, times.keyword),
    ratio(times.trigram, times.hybrid),
  ];
}
