/**
 * The question sets asked through an index in Qdrant and through the flat index: whether every search brings the same
 * memories in the same order, and how many answers are among the first five. A store measures its model on a sample of its
 * own, so a second store with a flat index shows which differences are not the index's. The server is the one at
 * QDRANT_URL, else the test server on Qdrant's own engine.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { removeCollection } from '../../test/support/qdrant-requests.ts';
import { openQdrant } from '../../test/support/qdrant-server.ts';
import { benchFolder } from './contestants.ts';
import { readOptions, UsageError } from './options.ts';
import { loadQuestionSets, type QuestionGroup, type QuestionSet } from './recall-sets.ts';
import { openRecallStores, type RecallMode, type RecallStore } from './recall-store.ts';
import { circumstances, shown, table } from './report.ts';

const modes = ['semantic', 'hybrid'] as const satisfies readonly RecallMode[];

interface Stores {
  readonly flat: RecallStore;
  readonly again: RecallStore;
  readonly qdrant: RecallStore;
}

interface Compared {
  readonly asked: number;
  readonly sameAgain: number;
  readonly sameQdrant: number;
  readonly found: { readonly flat: number; readonly qdrant: number };
}

export async function run(args: string[]): Promise<void> {
  const values = readOptions(args, {
    model: { type: 'string', value: 'DIR', help: 'the folder of the embedding model; needed' },
    sets: { type: 'string', value: 'DIR', default: '../shared/eval/sets', help: 'the folder of the question sets' },
    only: { type: 'string', value: 'SET,SET', help: 'these sets; otherwise all' },
    answers: { type: 'string', value: 'DIR', default: '.cache/vectors', help: 'where the answers of models are kept' },
    limit: { type: 'string', value: 'N', help: 'the most questions asked of a store' },
  });
  if (values.model === undefined) throw new UsageError('Name the folder of a model with --model');
  mkdirSync(benchFolder, { recursive: true });
  const folder = mkdtempSync(join(benchFolder, 'qdrant-recall-'));
  const server = await openQdrant();
  const prefix = `bench_${randomUUID().slice(0, 8)}_`;
  const common = { model: resolve(values.model), reranker: 'none', answers: values.answers };
  const flat = await openRecallStores({ ...common, folder: join(folder, 'flat') });
  const again = await openRecallStores({ ...common, folder: join(folder, 'again') });
  const qdrant = await openRecallStores({
    ...common,
    folder: join(folder, 'qdrant'),
    settings: {
      MEMORY_MCP_STORAGE_BACKEND: 'qdrant',
      MEMORY_MCP_QDRANT_URL: server.url,
      MEMORY_MCP_QDRANT_COLLECTION_PREFIX: prefix,
    },
  });
  const personas: string[] = [];
  const rows: string[][] = [];
  try {
    for (const set of loadQuestionSets(values.sets, values.only?.split(','))) {
      const compared = modes.map(() => [] as Compared[]);
      for (const [at, group] of set.groups.entries()) {
        const persona = `${set.name}-${at}`;
        personas.push(persona);
        const stores: Stores = { flat: flat.open(persona), again: again.open(persona), qdrant: qdrant.open(persona) };
        await Promise.all(Object.values(stores).map((store) => fill(store, group)));
        const queries = group.queries.filter(({ unanswerable }) => !unanswerable).slice(0, Number(values.limit ?? 1e6));
        for (const [index, mode] of modes.entries()) compared[index]?.push(await compare(stores, queries, mode));
      }
      for (const [index, mode] of modes.entries()) rows.push(rowOf(set, mode, compared[index] ?? []));
      console.error(`${set.name} is done`);
    }
  } finally {
    await Promise.all([flat.close(), again.close(), qdrant.close()]);
    for (const persona of personas) await removeCollection(server.url, `${prefix}${persona}`);
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const heads = [
    'set',
    'memories',
    'mode',
    'questions',
    'same, flat again',
    'same, Qdrant',
    'R@5, flat',
    'R@5, Qdrant',
  ];
  console.log(`${table(heads, rows)}\n
Same: % of the questions to which the store brings the same memories, the first fifty in the same order.\n
${circumstances({ command: `npm run bench -- qdrant-recall ${args.join(' ')}`.trim(), folder: benchFolder })}`);
}

async function fill(store: RecallStore, { corpus }: QuestionGroup): Promise<void> {
  await store.add(corpus);
  await store.warm();
}

async function compare(stores: Stores, queries: QuestionGroup['queries'], mode: RecallMode): Promise<Compared> {
  let sameAgain = 0;
  let sameQdrant = 0;
  const found = { flat: 0, qdrant: 0 };
  for (const query of queries) {
    const flat = await stores.flat.ask(query, mode);
    const again = await stores.again.ask(query, mode);
    const qdrant = await stores.qdrant.ask(query, mode);
    if (flat.ranked.join(' ') === again.ranked.join(' ')) sameAgain++;
    if (flat.ranked.join(' ') === qdrant.ranked.join(' ')) sameQdrant++;
    found.flat += recallAtFive(flat);
    found.qdrant += recallAtFive(qdrant);
  }
  return { asked: queries.length, sameAgain, sameQdrant, found };
}

function recallAtFive({ ranked, relevant }: { ranked: readonly string[]; relevant: readonly string[] }): number {
  const first = new Set(ranked.slice(0, 5));
  return relevant.filter((id) => first.has(id)).length / relevant.length;
}

function rowOf(set: QuestionSet, mode: RecallMode, compared: readonly Compared[]): string[] {
  const sum = (count: (one: Compared) => number) => compared.reduce((total, one) => total + count(one), 0);
  const asked = sum((one) => one.asked);
  const percent = (count: number) => shown((100 * count) / asked, 1);
  return [
    set.name,
    set.groups.reduce((total, { corpus }) => total + corpus.length, 0).toLocaleString('en'),
    mode,
    String(asked),
    percent(sum((one) => one.sameAgain)),
    percent(sum((one) => one.sameQdrant)),
    percent(sum((one) => one.found.flat)),
    percent(sum((one) => one.found.qdrant)),
  ];
}
