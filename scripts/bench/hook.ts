/**
 * What hooks show without being asked, by words and with meaning: how often a prompt gets its answer, how often one gets
 * something that never was a subject, in stores of several sizes and in prompts of several sentences, what prompts of
 * everyday work get, and what failed commands get; and how long a hook takes beside `node -e 0`.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findByMeaning, findByWords, partsOf, sortFound } from '../../src/hook/relevant-memories.ts';
import { everydayPrompts } from './everyday-prompts.ts';
import { measureFailures } from './hook-failures.ts';
import { type BenchMeaning, openBenchMeaning } from './hook-meaning.ts';
import { fillStore } from './hook-store.ts';
import { measureTime } from './hook-time.ts';
import { readOptions } from './options.ts';
import { foreignQuestions } from './recall-foreign.ts';
import { loadQuestionSets, type QuestionGroup, type QuestionQuery, type QuestionSet } from './recall-sets.ts';
import { circumstances, shown, table } from './report.ts';

const root = join(import.meta.dirname, '..', '..');
const mostShown = 3;
/** Questions of a group, and of each set for strangers. */
const mostOwn = 200;
const mostForeign = 250;
const sizes = [10, 100, undefined];

export async function run(args: readonly string[]): Promise<void> {
  const { sets, model, answers, only } = readOptions(args, {
    sets: { type: 'string', value: 'DIR', default: '../shared/eval/sets', help: 'the folder of the question sets' },
    model: {
      type: 'string',
      value: 'DIR',
      default: '../shared/models/multilingual-e5-small',
      help: 'the folder of the embedding model; words alone where there is none',
    },
    answers: { type: 'string', value: 'DIR', default: '.cache/vectors', help: 'where the answers of models are kept' },
    only: { type: 'string', value: 'quality|time', help: 'what is shown, or how long it takes; otherwise both' },
  });
  if (only !== 'time') {
    await measureQuality({ sets, model: resolve(model), answers: resolve(answers) });
    console.log(`\n${await measureFailures()}`);
  }
  if (only !== 'quality') console.log(`\n${await measureTime()}`);
  console.log(`\n${circumstances({ command: 'npm run bench -- hook', folder: root })}`);
}

interface Situation {
  readonly shape: 'a question' | 'a prompt of four sentences';
  /** At most so many memories; all of the set where absent. */
  readonly size: number | undefined;
}

const situations: readonly Situation[] = [
  ...sizes.map((size) => ({ shape: 'a question', size }) as const),
  { shape: 'a prompt of four sentences', size: undefined },
];

/** What the hook goes by. */
type Basis = 'words' | 'words and meaning';

interface Counts {
  asked: number;
  given: number;
  answered: number;
  foreign: number;
  wrong: number;
  everyday: number;
  disturbed: number;
}

const noCounts = (): Counts => ({
  asked: 0,
  given: 0,
  answered: 0,
  foreign: 0,
  wrong: 0,
  everyday: 0,
  disturbed: 0,
});

interface Folders {
  readonly sets: string;
  readonly model: string;
  readonly answers: string;
}

async function measureQuality({ sets: folder, model, answers }: Folders): Promise<void> {
  const sets = loadQuestionSets(folder);
  const meaning = existsSync(model) ? await openBenchMeaning(model, answers) : undefined;
  console.log(table(heads, []));
  for (const situation of situations) {
    for (const set of sets) {
      const rows = await measureSet(set, sets, { situation, meaning });
      // A row at once, since all of them take a while.
      for (const line of table(heads, rows).split('\n').slice(2)) console.log(line);
    }
  }
  await meaning?.close();
}

const heads = [
  'prompt',
  'memories',
  'set',
  'by',
  'answerable',
  'got something, %',
  'got the answer, %',
  'never a subject',
  'got something, %',
  'precision, %',
  'chosen half, %',
  'reported half, %',
  'everyday, got something, %',
];

async function measureSet(
  set: QuestionSet,
  sets: readonly QuestionSet[],
  { situation, meaning }: { situation: Situation; meaning: BenchMeaning | undefined },
): Promise<string[][]> {
  const foreign = foreignQuestions(sets, mostForeign);
  const counted = new Map<Basis, Record<'chosen' | 'reported', Counts>>();
  for (const group of set.groups) {
    await measureGroup(group, foreign.get(group) ?? [], { situation, meaning }, (basis, counts, half) => {
      const halves = counted.get(basis) ?? { chosen: noCounts(), reported: noCounts() };
      counted.set(basis, halves);
      add(halves[half], counts);
    });
  }
  const { shape, size } = situation;
  return [...counted].flatMap(([basis, { chosen, reported }]) => {
    const all = noCounts();
    add(all, chosen);
    add(all, reported);
    if (all.asked === 0 || all.foreign === 0) return [];
    return [
      [
        shape,
        size === undefined ? 'all' : `${size}`,
        set.name,
        basis,
        `${all.asked}`,
        percent(all.given, all.asked),
        percent(all.answered, all.asked),
        `${all.foreign}`,
        percent(all.wrong, all.foreign),
        precision(all),
        precision(chosen),
        precision(reported),
        percent(all.disturbed, all.everyday),
      ],
    ];
  });
}

function add(total: Counts, more: Partial<Counts>): void {
  for (const name of Object.keys(total) as (keyof Counts)[]) total[name] += more[name] ?? 0;
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
  { situation: { shape, size }, meaning }: { situation: Situation; meaning: BenchMeaning | undefined },
  count: (basis: Basis, counts: Partial<Counts>, half: 'chosen' | 'reported') => void,
): Promise<void> {
  const questions = group.queries.filter(({ unanswerable, language }) => !unanswerable && language === group.language);
  // A small store holds the answers of the first questions.
  const own = questions.slice(0, size ?? mostOwn);
  const wanted = new Set(own.flatMap(({ relevant }) => relevant.slice(0, 1)));
  const corpus = size === undefined ? group.corpus : group.corpus.filter(({ id }) => wanted.has(id)).slice(0, size);
  const { store, idsOf } = await fillStore(corpus);
  const vectors = await meaning?.embed(store);
  const present = new Set(corpus.map(({ id }) => id));
  const others = foreign.filter(({ language }) => language === group.language);

  const ask = async (prompt: string): Promise<[Basis, string[]][]> => {
    const parts = partsOf(prompt);
    const words = findByWords(store, parts, 'prompt');
    const answer = vectors && (await vectors.of(parts));
    const shownBy = (found: Parameters<typeof sortFound>[1]) =>
      sortFound(store, found, { allowed: () => true, projectTag: undefined })
        .filter(({ relevant }) => relevant)
        .slice(0, mostShown)
        .flatMap(({ memory }) => idsOf.get(memory.id) ?? []);
    const byWords: [Basis, string[]] = ['words', shownBy({ words, meaning: new Map() })];
    if (answer === undefined) return [byWords];
    return [byWords, ['words and meaning', shownBy({ words, meaning: findByMeaning(store, parts, answer) })]];
  };
  const promptOf = (question: QuestionQuery, at: number) =>
    shape === 'a question' ? question.text : amongOthers(question, others, at);
  const halfOf = ({ reported }: QuestionQuery) => (reported ? 'reported' : 'chosen');

  for (const [at, question] of own.entries()) {
    if (!question.relevant.some((id) => present.has(id))) continue;
    for (const [basis, found] of await ask(promptOf(question, at))) {
      const answered = found.some((id) => question.relevant.includes(id));
      count(basis, { asked: 1, given: Number(found.length > 0), answered: Number(answered) }, halfOf(question));
    }
  }
  for (const [at, question] of others.entries()) {
    for (const [basis, found] of await ask(promptOf(question, at))) {
      count(basis, { foreign: 1, wrong: Number(found.length > 0) }, halfOf(question));
    }
  }
  for (const [at, prompt] of everydayPrompts[group.language].entries()) {
    for (const [basis, found] of await ask(prompt)) {
      count(basis, { everyday: 1, disturbed: Number(found.length > 0) }, at % 2 === 0 ? 'chosen' : 'reported');
    }
  }
  await store.close();
}

/** The question as the third of four sentences; the others ask of things that never came up. */
function amongOthers(question: QuestionQuery, others: readonly QuestionQuery[], at: number): string {
  const other = (offset: number) => others[(7 * at + offset) % others.length]?.text ?? '';
  return [other(1), other(2), question.text, other(3)].join('\n');
}
