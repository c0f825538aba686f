/**
 * How well memories are found: imports question sets through memory_create and asks through memory_search, each store
 * its own questions and some that it cannot answer. Writes run files for an independent scorer, and what each `none` was
 * read from; prints tables per model. With --without or --change it measures parts of the ranking instead.
 *
 *   npm run bench -- recall [--sets DIR] [--models DIR] [--model NAME] [--reranker DIR] [--only set,set] [--out DIR] [--answers DIR]
 *     [--folder DIR] [--keep] [--shuffle] [--limit N] [--page FILE] [--own]
 *   npm run bench -- recall --without PART[,PART…]|all [--change name=value[,name=value]]…
 *   npm run bench -- recall --coherence
 *   npm run bench -- recall --page FILE --collect
 *
 * Each run leaves its tables in the output folder, under the name of its model or of --section. --page puts all that lie
 * there behind the words of the page; with --collect nothing is measured before.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchFolder } from './contestants.ts';
import { type Answer, type FillOptions, fillStores, type Run } from './recall-answers.ts';
import { renderCoherence } from './recall-coherence.ts';
import { renderCurves } from './recall-curve.ts';
import { renderNone } from './recall-none.ts';
import { measureOwn } from './recall-own.ts';
import { composePage } from './recall-page.ts';
import { loadQuestionSets, type QuestionSet, shuffleSets } from './recall-sets.ts';
import { renderRecall, renderStrength } from './recall-tables.ts';
import {
  partNames,
  renderDifferences,
  renderMixture,
  type Variant,
  variantWith,
  variantWithout,
} from './recall-variants.ts';
import { circumstances } from './report.ts';

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      sets: { type: 'string', default: '../shared/eval/sets' },
      models: { type: 'string', default: '../shared/models' },
      model: { type: 'string' },
      reranker: { type: 'string' },
      only: { type: 'string' },
      out: { type: 'string', default: join(benchFolder, 'recall') },
      answers: { type: 'string', default: '.cache/vectors' },
      folder: { type: 'string', default: benchFolder },
      shuffle: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      limit: { type: 'string' },
      page: { type: 'string' },
      own: { type: 'boolean', default: false },
      /** Measures only whether neighbours have to do with each other. */
      coherence: { type: 'boolean', default: false },
      without: { type: 'string' },
      /** The name under which the tables are kept for the page. */
      section: { type: 'string' },
      /** Measures nothing. */
      collect: { type: 'boolean', default: false },
      change: { type: 'string', multiple: true, default: [] },
    },
  });
  if (values.own) return measureOwn();
  if (values.collect && values.page !== undefined) return writeFileSync(values.page, composePage(values.out));
  if (!existsSync(values.sets))
    throw new Error(`There are no question sets in ${values.sets}: name their folder with --sets`);
  const loaded = loadQuestionSets(values.sets, values.only?.split(','));
  if (values.coherence) {
    mkdirSync(values.out, { recursive: true });
    const text = renderCoherence(loaded);
    console.log(text);
    return writeFileSync(join(values.out, 'parts-0-order.md'), `${text}\n`);
  }
  const sets = values.shuffle ? shuffleSets(loaded) : loaded;
  mkdirSync(values.out, { recursive: true });

  const runs = [{ label: 'no model', model: 'none', modes: ['keyword'] } as const, ...modelRuns(values.models)]
    .map((each) => ({ ...each, reranker: values.reranker === undefined ? 'none' : resolve(values.reranker) }))
    .filter(({ model }) => values.model === undefined || values.model.split(',').includes(basename(model)));
  const variants = [...namedParts(values.without).map(variantWithout), ...values.change.map(variantWith)];
  const how: FillOptions = {
    limit: Number(values.limit ?? Number.POSITIVE_INFINITY),
    answers: values.answers,
    folder: values.folder,
    keep: values.keep,
  };
  // Where the stores lie says nothing about the result.
  const told = args.filter((word, index) => word !== '--folder' && args[index - 1] !== '--folder');
  const command = `npm run bench -- recall ${told.join(' ')}`.trim();
  let byWords: readonly Answer[] = [];
  for (const each of runs) {
    const said: string[] = [];
    const say = (text: string) => {
      said.push(text);
      console.log(`\n${text}`);
    };
    if (variants.length > 0) await measureVariants(each, variants, sets, how, say);
    else {
      const answers = await measureRun(each, sets, how, { out: values.out, say, byWords });
      if (each.model === 'none') byWords = answers;
    }
    say(circumstances({ command, folder: values.out }));
    const name = values.section ?? `${variants.length > 0 ? 'parts' : 'run'}-${basename(each.model)}`;
    writeFileSync(join(values.out, `${name}.md`), `${said.join('\n\n')}\n`);
  }
  if (values.page !== undefined) writeFileSync(values.page, composePage(values.out));
}

type Say = (text: string) => void;

async function measureRun(
  each: Run,
  sets: readonly QuestionSet[],
  how: FillOptions,
  { out, say, byWords }: { out: string; say: Say; byWords: readonly Answer[] },
): Promise<Answer[]> {
  const stores = await fillStores(each, sets, how);
  try {
    const answers = await stores.ask({ modes: each.modes, strangers: true });
    writeRuns(out, each, answers);
    const used = answers.filter(({ mode }) => mode === each.modes.at(-1));
    const curves = renderCurves(used);
    const mixture = renderMixture(answers, byWords);
    const judged = renderNone(used);
    say(`### ${each.label}\n\n${renderRecall(answers)}`);
    if (mixture !== '') say(mixture);
    say(`How sure it was, ${each.modes.at(-1)}:\n\n${renderStrength(used)}`);
    if (judged !== '') say(`Equally many answerable and strangers' questions, in one language:\n\n${judged}`);
    if (curves !== '') say(`What \`none\` would be worth if nearness alone were asked:\n\n${curves}`);
    return answers;
  } finally {
    await stores.close();
  }
}

async function measureVariants(
  each: Run,
  variants: readonly Variant[],
  sets: readonly QuestionSet[],
  how: FillOptions,
  say: Say,
): Promise<void> {
  const stores = await fillStores(each, sets, how);
  try {
    const asked = { modes: each.modes.slice(-1), strangers: false };
    const base = await stores.ask(asked);
    say(`### ${each.label}\n\n${renderRecall(base)}`);
    for (const { name, ranking } of variants) {
      const changed = await stores.ask({ ...asked, ranking });
      say(`**${each.label}, ${name}**\n\n${renderDifferences(base, changed)}`);
    }
  } finally {
    await stores.close();
  }
}

function namedParts(list: string | undefined): readonly string[] {
  if (list === undefined) return [];
  return list === 'all' ? partNames : list.split(',');
}

function modelRuns(folder: string): Omit<Run, 'reranker'>[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'modules.json')))
    .map(({ name }) => ({
      label: name,
      model: resolve(folder, name),
      modes: ['semantic', 'hybrid'] as const,
    }));
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
