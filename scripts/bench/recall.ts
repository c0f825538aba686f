/**
 * How well memories are found: imports question sets through memory_create and asks through memory_search, over the
 * built server as a client has it. Writes run files for an independent scorer and prints a table per model.
 *
 *   npm run bench -- recall [--sets DIR] [--models DIR] [--only set,set]
 *     [--model-sets set,set] [--out DIR] [--limit N] [--page FILE] [--own]
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchFolder } from './contestants.ts';
import { measureOwn } from './recall-own.ts';
import { recallPageIntroduction } from './recall-page.ts';
import { type Answered, scoreAnswers } from './recall-scores.ts';
import { loadQuestionSets, type QuestionGroup, type QuestionSet } from './recall-sets.ts';
import { type Asked, openRecallStore, type RecallMode } from './recall-store.ts';
import { circumstances, table } from './report.ts';

const foreignQuestions = 100;
const foreignStore = 500;

interface Run {
  readonly label: string;
  readonly model: string;
  readonly modes: readonly RecallMode[];
}

/** What a run found: per set and mode, the answers to its questions. */
type Findings = Map<string, Map<RecallMode, (Asked & { reported: boolean; unanswerable: boolean })[]>>;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      sets: { type: 'string', default: '../shared/eval/sets' },
      models: { type: 'string', default: '../shared/models' },
      only: { type: 'string' },
      'model-sets': { type: 'string' },
      out: { type: 'string', default: join(benchFolder, 'recall') },
      limit: { type: 'string' },
      page: { type: 'string' },
      own: { type: 'boolean', default: false },
    },
  });
  if (values.own) return measureOwn();
  if (!existsSync(values.sets))
    throw new Error(`There are no question sets in ${values.sets}: name their folder with --sets`);
  const sets = loadQuestionSets(values.sets, values.only?.split(','));
  mkdirSync(values.out, { recursive: true });

  const runs: Run[] = [{ label: 'no model', model: 'none', modes: ['keyword'] }, ...modelRuns(values.models)];
  // Embedding long paragraphs takes most of the time; a run may leave them to the words.
  const chosen = values['model-sets']?.split(',');
  const withModels = sets.filter(({ name }) => chosen?.includes(name) ?? true);
  const setsFor = ({ model }: Run) => (model === 'none' ? sets : withModels);
  const parts: string[] = [];
  const say = (text: string) => {
    parts.push(text);
    console.log(`\n${text}`);
  };
  for (const each of runs) {
    const limit = Number(values.limit ?? Number.POSITIVE_INFINITY);
    const findings = await answerAll(each, setsFor(each), { out: values.out, limit });
    say(`### ${each.label}\n\n${renderFindings(findings, each.modes)}`);
  }
  const foreign = await askElsewhere(runs, withModels);
  say(`### Questions asked of the wrong store\n\n${foreign}`);
  say('Reranked runs are left out: no trained reranker is at hand, and an untrained one shows nothing.');
  say(circumstances({ command: `npm run bench -- recall ${args.join(' ')}`.trim(), folder: values.out }));
  if (values.page !== undefined) writeFileSync(values.page, `${recallPageIntroduction}\n${parts.join('\n\n')}\n`);
}

/** Each set's questions put to the store of the next set, where nothing can answer them. */
async function askElsewhere(runs: readonly Run[], sets: readonly QuestionSet[]): Promise<string> {
  const rows: string[][] = [];
  for (const { label, model, modes } of runs) {
    const mode = modes.at(-1) ?? 'keyword';
    for (const [index, set] of sets.entries()) {
      const other = sets[(index + 1) % sets.length];
      const store = other?.groups[0];
      const queries = set.groups[0]?.queries.slice(0, foreignQuestions);
      if (other === undefined || other === set || store === undefined || queries === undefined) continue;
      const answers: Asked[] = [];
      await askGroup(
        { name: store.name, corpus: store.corpus.slice(0, foreignStore), queries },
        { model, modes: [mode], limit: foreignQuestions },
        (_, asked) => answers.push(asked),
      );
      rows.push([label, mode, set.name, other.name, strengths(answers)]);
    }
  }
  return table(['model', 'mode', 'questions of', 'asked of', 'strong/weak/none'], rows);
}

function modelRuns(folder: string): Run[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'config.json')))
    .map(({ name }) => ({ label: name, model: resolve(folder, name), modes: ['semantic', 'hybrid'] }));
}

async function answerAll(
  { label, model, modes }: Run,
  sets: readonly QuestionSet[],
  { out, limit }: { out: string; limit: number },
): Promise<Findings> {
  const findings: Findings = new Map();
  const files = new Map<RecallMode, Record<string, readonly string[]>>(modes.map((mode) => [mode, {}]));
  for (const set of sets) {
    const byMode = new Map<RecallMode, (Asked & { reported: boolean; unanswerable: boolean })[]>(
      modes.map((mode) => [mode, []]),
    );
    for (const group of set.groups) {
      console.error(
        `${label}: ${set.name} ${group.name}: ${group.corpus.length} memories, ${group.queries.length} questions`,
      );
      await askGroup(group, { model, modes, limit }, (mode, asked) => {
        byMode.get(mode)?.push(asked);
        const file = files.get(mode);
        if (file !== undefined) file[asked.id] = asked.ranked;
      });
    }
    findings.set(set.name, byMode);
  }
  for (const [mode, answers] of files) {
    writeFileSync(join(out, `${basename(model)}-${mode}.json`), JSON.stringify(answers));
  }
  return findings;
}

async function askGroup(
  group: QuestionGroup,
  { model, modes, limit }: { model: string; modes: readonly RecallMode[]; limit: number },
  take: (mode: RecallMode, asked: Asked & { reported: boolean; unanswerable: boolean }) => void,
): Promise<void> {
  const folder = join(benchFolder, 'recall-store');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const store = await openRecallStore({ folder, model });
  try {
    await store.add(group.corpus);
    for (const { id, text, relevant, reported, unanswerable } of group.queries.slice(0, limit)) {
      for (const mode of modes)
        take(mode, { ...(await store.ask({ id, text, relevant }, mode)), reported, unanswerable });
    }
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function renderFindings(findings: Findings, modes: readonly RecallMode[]): string {
  const rows = [...findings].flatMap(([set, byMode]) =>
    modes.map((mode) => {
      const answers = byMode.get(mode) ?? [];
      const answerable = answers.filter(({ unanswerable }) => !unanswerable);
      const all = scoreAnswers(answerable);
      const half = scoreAnswers(answerable.filter(({ reported }) => reported));
      return [
        set,
        mode,
        String(all.count),
        percent(all.recallAt1),
        percent(all.recallAt5),
        `${percent(all.interval[0])}–${percent(all.interval[1])}`,
        percent(all.recallAt10),
        percent(half.recallAt5),
        strengths(answerable),
        strengths(answers.filter(({ unanswerable }) => unanswerable)),
      ];
    }),
  );
  return table(
    [
      'set',
      'mode',
      'questions',
      'R@1',
      'R@5',
      '95 %',
      'R@10',
      'R@5, reported half',
      'strong/weak/none',
      'the same, unanswerable',
    ],
    rows,
  );
}

function strengths(answers: readonly (Answered & { strength: string })[]): string {
  if (answers.length === 0) return '–';
  return ['strong', 'weak', 'none'].map((word) => answers.filter(({ strength }) => strength === word).length).join('/');
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
