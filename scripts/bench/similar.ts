/**
 * What the receipt of memory_create names as near: how much of it says the same, in a set of paraphrases; how often a
 * receipt carries it at all, in conversations; and how long a create takes with and without.
 *
 * What a model has answered is kept in `--answers`: the first run with a model reads some 3,500 texts with it.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { memoryKeyAt } from '../../src/core/memory-key.ts';
import { benchFolder } from './contestants.ts';
import { noteOf } from './notes.ts';
import { readOptions, UsageError } from './options.ts';
import { loadQuestionSets, type QuestionGroup } from './recall-sets.ts';
import { openRecallStores, type RecallStore, type RecallStores } from './recall-store.ts';
import { circumstances, median, percentile, shown, table } from './report.ts';

/** Each question of this set is a paraphrase of one memory. */
const paraphrases = 'jsts_para';
const conversations = ['rpc_chat', 'rpc_para', 'locomo'];
/** Of each conversation set, so many groups and texts of a group at most. */
const conversationLimit = { groups: 1, texts: 400 };
/** Creates timed of each kind, at each size. A model would take minutes to read the larger one. */
const timed = 50;
const sizes = { withModel: [200], byWords: [200, 1_000, 2_000] };

interface Half {
  creates: number;
  carrying: number;
  named: number;
  right: number;
  byWords: number;
}

type Halves = Record<'chosen on' | 'reported', Half>;

const noHalf = (): Half => ({ creates: 0, carrying: 0, named: 0, right: 0, byWords: 0 });

export async function run(args: string[]): Promise<void> {
  const values = readOptions(args, {
    sets: { type: 'string', value: 'DIR', default: '../shared/eval/sets', help: 'the folder of the question sets' },
    models: { type: 'string', value: 'DIR', default: '../shared/models', help: 'where the models lie' },
    model: { type: 'string', value: 'NAME', default: 'multilingual-e5-small', help: 'the folder of the model in it' },
    answers: { type: 'string', value: 'DIR', default: '.cache/vectors', help: 'where the answers of models are kept' },
    sample: { type: 'string', value: 'N', default: 'all', help: 'paraphrases, and texts of each conversation' },
    list: { type: 'boolean', default: false, help: 'print the pairs that were named' },
  });
  const sample = values.sample === 'all' ? Number.POSITIVE_INFINITY : Number(values.sample);
  if (!(sample >= 1)) throw new UsageError(`--sample must be a number or all, not ${values.sample}`);
  const sets = loadQuestionSets(values.sets, [paraphrases, ...conversations]);
  mkdirSync(benchFolder, { recursive: true });
  const quality: string[][] = [];
  const times: string[][] = [];
  const model = resolve(values.models, values.model);
  for (const [label, path] of [
    ['words alone', 'none'],
    ...(existsSync(model) ? [[values.model, model]] : []),
  ] as const) {
    const folder = mkdtempSync(join(benchFolder, 'similar-'));
    const stores = await openRecallStores({ folder, model: path, reranker: 'none', answers: values.answers });
    try {
      for (const { name, groups } of sets) {
        const halves: Halves = { 'chosen on': noHalf(), reported: noHalf() };
        console.error(`${label}: ${name}`);
        for (const group of name === paraphrases ? groups : groups.slice(0, conversationLimit.groups)) {
          const store = stores.open(`${name}-${group.name}`);
          if (name === paraphrases) await addParaphrases(store, group, halves, { list: values.list, sample });
          else await addConversation(store, group, halves, sample);
        }
        for (const [half, counts] of Object.entries(halves))
          quality.push([label, name, half, ...cellsOf(name, counts)]);
      }
      console.error(`${label}: times`);
      times.push(...(await timeCreates(stores, label, path === 'none' ? sizes.byWords : sizes.withModel)));
    } finally {
      await stores.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }
  console.log(
    table(['compared', 'set', 'half', 'creates', 'carrying, %', 'named', 'by words', 'say the same, %'], quality),
  );
  console.log(`\n${table(['compared', 'memories', 'create', 'p50, ms', 'p95, ms', 'processor p50, ms'], times)}`);
  console.log(`\n${circumstances({ command: ['npm run bench -- similar', ...args].join(' '), folder: benchFolder })}`);
}

function cellsOf(set: string, { creates, carrying, named, right, byWords }: Half): string[] {
  const percent = (part: number, whole: number) => shown(whole === 0 ? undefined : (100 * part) / whole, 1);
  return [
    `${creates}`,
    percent(carrying, creates),
    `${named}`,
    `${byWords}`,
    set === paraphrases ? percent(right, named) : '',
  ];
}

/** Every text of the set is there, and each paraphrase is stored for a moment. */
async function addParaphrases(
  store: RecallStore,
  group: QuestionGroup,
  halves: Halves,
  { list, sample }: { list: boolean; sample: number },
): Promise<void> {
  await store.add(group.corpus);
  await store.warm();
  const idsOf = new Map(store.keys());
  for (const { text, relevant, reported } of spread(group.queries, sample)) {
    const { key, stored, similar } = await store.create(text);
    const half = halves[reported ? 'reported' : 'chosen on'];
    half.creates += 1;
    half.carrying += Number(similar.length > 0);
    for (const { key: near, preview, by } of similar) {
      const right = idsOf.get(near)?.ids.some((id) => relevant.includes(id)) === true;
      half.named += 1;
      half.right += Number(right);
      half.byWords += Number(by === 'words');
      if (list) console.error([right ? 'right' : 'wrong', by, text, preview].join('\t'));
    }
    if (stored) await store.delete(key);
  }
}

/** The first half of a conversation has been stored when the second comes. */
async function addConversation(
  store: RecallStore,
  group: QuestionGroup,
  halves: Halves,
  sample: number,
): Promise<void> {
  for (const [at, { text }] of group.corpus.slice(0, Math.min(sample, conversationLimit.texts)).entries()) {
    const { stored, similar } = await store.create(text);
    // The scale of the model is measured after the first.
    if (at === 0) await store.warm();
    if (!stored) continue;
    const half = halves[at % 2 === 0 ? 'chosen on' : 'reported'];
    half.creates += 1;
    half.carrying += Number(similar.length > 0);
    half.named += similar.length;
    half.byWords += similar.filter(({ by }) => by === 'words').length;
  }
}

/** At most `count` of them, evenly chosen. */
function spread<Item>(items: readonly Item[], count: number): readonly Item[] {
  const step = Math.max(1, items.length / count);
  return items.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

/** Creates through the operation in turns with the same steps without the look for similar memories. */
async function timeCreates(stores: RecallStores, label: string, sizes: readonly number[]): Promise<string[][]> {
  const store = stores.open('times');
  const rows: string[][] = [];
  let next = 0;
  const text = () => noteOf(next++).content;
  for (const size of sizes) {
    while (next < size) await store.create(text());
    await store.warm();
    const [withSimilar, without]: [Time[], Time[]] = [[], []];
    for (let turn = 0; turn < timed; turn++) {
      withSimilar.push(await timeOf(() => store.create(text())));
      without.push(await timeOf(() => createAlone(store, text())));
    }
    for (const [name, values] of [
      ['with similar', withSimilar],
      ['without', without],
    ] as const) {
      const elapsed = values.map((time) => time.elapsed);
      const processor = median(values.map((time) => time.processor));
      rows.push([
        label,
        `${size}`,
        name,
        ...[median(elapsed), percentile(elapsed, 0.95), processor].map((ms) => shown(ms, 2)),
      ]);
    }
  }
  return rows;
}

function createAlone(store: RecallStore, content: string): Promise<void> {
  return store.inScope(async ({ workspace, clock, settings }) => {
    const now = clock.now();
    const { memory } = await workspace.store.memories.create(
      {
        content,
        tags: [],
        importance: 0.5,
        source: 'bench',
        created_at: now.toISOString(),
        key: memoryKeyAt(now, settings.timezone),
      },
      workspace.activity.note('memory_create', 'bench'),
    );
    await workspace.embeddingScheduler.embed(memory);
  });
}

/** In milliseconds. What the processor did in this process says most on a busy machine, and leaves out the disk. */
interface Time {
  readonly elapsed: number;
  readonly processor: number;
}

async function timeOf(work: () => Promise<unknown>): Promise<Time> {
  const began = { at: performance.now(), processor: process.cpuUsage() };
  await work();
  const { user, system } = process.cpuUsage(began.processor);
  return { elapsed: performance.now() - began.at, processor: (user + system) / 1_000 };
}
