/**
 * How well memories are found: imports question sets through memory_create and asks through memory_search, over the
 * built server as a client has it, each store its own questions and some that it cannot answer. Writes run files for an
 * independent scorer, and what each `none` was read from; prints tables per model.
 *
 *   npm run bench -- recall [--sets DIR] [--models DIR] [--only set,set]
 *     [--model-sets set,set] [--out DIR] [--limit N] [--page FILE] [--own]
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchFolder } from './contestants.ts';
import { type Answer, collectAnswers, type Run } from './recall-answers.ts';
import { renderCurves } from './recall-curve.ts';
import { measureOwn } from './recall-own.ts';
import { recallPageIntroduction } from './recall-page.ts';
import { loadQuestionSets } from './recall-sets.ts';
import { renderRecall, renderStrength } from './recall-tables.ts';
import { circumstances } from './report.ts';

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
  const limit = Number(values.limit ?? Number.POSITIVE_INFINITY);
  for (const each of runs) {
    const answers = await collectAnswers(each, setsFor(each), { limit });
    writeRuns(values.out, each, answers);
    const used = answers.filter(({ mode }) => mode === each.modes.at(-1));
    const curves = renderCurves(used);
    say(`### ${each.label}\n\n${renderRecall(answers)}`);
    say(`How sure it was, ${each.modes.at(-1)}:\n\n${renderStrength(used)}`);
    if (curves !== '') say(`What \`none\` would be worth at other limits:\n\n${curves}`);
  }
  say('Reranked runs are left out: no trained reranker is at hand, and an untrained one shows nothing.');
  say(circumstances({ command: `npm run bench -- recall ${args.join(' ')}`.trim(), folder: values.out }));
  if (values.page !== undefined) writeFileSync(values.page, `${recallPageIntroduction}\n${parts.join('\n\n')}\n`);
}

function modelRuns(folder: string): Run[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'config.json')))
    .map(({ name }) => ({ label: name, model: resolve(folder, name), modes: ['semantic', 'hybrid'] }));
}

function writeRuns(out: string, { model, modes }: Run, answers: readonly Answer[]): void {
  const file = (name: string) => join(out, `${basename(model)}-${name}.json`);
  for (const mode of modes) {
    const own = answers.filter(({ mode: asked, kind }) => asked === mode && !kind.startsWith('another'));
    writeFileSync(file(mode), JSON.stringify(Object.fromEntries(own.map(({ id, ranked }) => [id, ranked]))));
  }
  const judged = answers.map(({ relevant, ranked, ...rest }) => ({
    ...rest,
    place: ranked.findIndex((id) => relevant.includes(id)) + 1 || undefined,
  }));
  writeFileSync(file('strength'), JSON.stringify(judged));
}
