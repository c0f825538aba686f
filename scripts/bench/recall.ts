/**
 * How well memories are found: imports question sets through memory_create and asks through memory_search, each store
 * its own questions and some that it cannot answer. Writes run files for an independent scorer, and what each `none` was
 * read from; prints tables per model. With --without or --change it measures parts of the ranking instead.
 *
 * Each run leaves its tables in the output folder, under the name of its model or of --section. --page puts all that lie
 * there behind the words of the page; with --collect nothing is measured before.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { rankingParameters } from '../../src/scoring/ranking-parameters.ts';
import { benchFolder } from './contestants.ts';
import { readOptions, UsageError } from './options.ts';
import { type Answer, type FillOptions, fillStores, type Run } from './recall-answers.ts';
import { renderCoherence } from './recall-coherence.ts';
import { renderCurves } from './recall-curve.ts';
import { renderNone } from './recall-none.ts';
import { measureOrder } from './recall-order.ts';
import { measureOwn } from './recall-own.ts';
import { composePage } from './recall-page.ts';
import { joinTexts, loadQuestionSets, type QuestionSet, shuffleSets } from './recall-sets.ts';
import { type Changed, renderSweep } from './recall-sweep.ts';
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
  const values = readOptions(args, {
    sets: { type: 'string', value: 'DIR', default: '../shared/eval/sets', help: 'the folder of the question sets' },
    models: { type: 'string', value: 'DIR', default: '../shared/models', help: 'where the embedding models lie' },
    model: { type: 'string', value: 'NAME,NAME', help: 'these of them, none for words alone; otherwise all and none' },
    reranker: {
      type: 'string',
      value: 'DIR',
      help: 'the folder of a reranker, or its name in that of --models; otherwise there is none',
    },
    only: { type: 'string', value: 'SET,SET', help: 'these sets; otherwise all' },
    limit: { type: 'string', value: 'N', help: 'the most questions asked of a store' },
    joined: {
      type: 'string',
      value: 'N',
      help: 'make long memories of so many texts that have nothing to do with each other',
    },
    modes: { type: 'string', value: 'MODE,MODE', help: 'these modes; otherwise semantic and hybrid' },
    candidates: { type: 'string', value: 'N', help: 'how many results the reranker reads' },
    out: { type: 'string', value: 'DIR', default: join(benchFolder, 'recall'), help: 'where tables and run files go' },
    answers: { type: 'string', value: 'DIR', default: '.cache/vectors', help: 'where the answers of models are kept' },
    folder: { type: 'string', value: 'DIR', default: benchFolder, help: 'where the stores are filled' },
    keep: { type: 'boolean', default: false, help: 'leave the filled stores where the next run finds them' },
    shuffle: { type: 'boolean', default: false, help: 'store the memories in random order' },
    without: {
      type: 'string',
      value: 'PART,PART',
      help: `measure the ranking without a part: all, or ${partNames.join(', ')}`,
    },
    change: {
      type: 'string',
      value: 'name=value,…',
      multiple: true,
      default: [],
      help: 'measure the ranking with other constants of src/scoring/ranking-parameters.ts',
    },
    coherence: { type: 'boolean', default: false, help: 'measure only whether neighbours have to do with each other' },
    'asked-then': { type: 'boolean', default: false, help: 'ask dated stores on the day after their last memory' },
    'at-a-glance': { type: 'boolean', default: false, help: 'one table with a row for each part or change' },
    order: { type: 'boolean', default: false, help: 'measure what neighbours are worth in random order' },
    own: { type: 'boolean', default: false, help: 'measure on your own memories, without printing any of their text' },
    section: { type: 'string', value: 'NAME', help: 'the name under which the tables are kept for the page' },
    page: { type: 'string', value: 'FILE', help: 'write the page with all tables that are kept' },
    collect: { type: 'boolean', default: false, help: 'with --page: measure nothing' },
  });
  if (values.own) return measureOwn();
  if (values.collect && values.page !== undefined) return writeFileSync(values.page, composePage(values.out));
  if (!existsSync(values.sets))
    throw new UsageError(`There are no question sets in ${values.sets}: name their folder with --sets`);
  const loaded = loadQuestionSets(values.sets, values.only?.split(','));
  if (values.coherence) {
    mkdirSync(values.out, { recursive: true });
    const text = renderCoherence(loaded);
    console.log(text);
    return writeFileSync(join(values.out, 'parts-0-order.md'), `${text}\n`);
  }
  const ordered = values.shuffle || values.joined !== undefined ? shuffleSets(loaded) : loaded;
  const sets = values.joined === undefined ? ordered : joinTexts(ordered, Number(values.joined));
  const wanted = values.modes?.split(',');
  mkdirSync(values.out, { recursive: true });

  const runs = [{ label: 'no model', model: 'none', modes: ['keyword'] } as const, ...modelRuns(values.models)]
    .map((each) => ({
      ...each,
      ...(values.reranker === undefined
        ? { reranker: 'none' }
        : {
            label: `${each.label}, with ${basename(values.reranker)}`,
            reranker: findReranker(values.models, values.reranker),
          }),
    }))
    .filter(({ model }) => values.model === undefined || values.model.split(',').includes(basename(model)))
    .map(({ modes, ...each }) => ({ ...each, modes: modes.filter((mode) => wanted?.includes(mode) !== false) }));
  const variants = [...namedParts(values.without).map(variantWithout), ...values.change.map(variantWith)];
  const how: FillOptions = {
    limit: Number(values.limit ?? Number.POSITIVE_INFINITY),
    answers: values.answers,
    folder: values.folder,
    keep: values.keep,
    ...(values.candidates !== undefined && { settings: { MEMORY_MCP_RERANK_CANDIDATES: values.candidates } }),
  };
  // Where the stores and the tables lie says nothing about the result.
  const places = ['--folder', '--out'];
  const told = args
    .filter((word, index) => !places.includes(word) && !places.includes(args[index - 1] ?? ''))
    .map((word, index, kept) => (kept[index - 1] === '--reranker' ? basename(word) : word));
  const command = `npm run bench -- recall ${told.join(' ')}`.trim();
  let byWords: readonly Answer[] = [];
  for (const each of runs) {
    const said: string[] = [];
    const say = (text: string) => {
      said.push(text);
      console.log(`\n${text}`);
    };
    if (values.order) await measureOrder({ ...each, modes: each.modes.slice(-1) }, loaded, how, say);
    else if (variants.length > 0)
      await measureVariants(
        each,
        variants,
        sets,
        { ...how, askedThen: values['asked-then'], atAGlance: values['at-a-glance'] },
        say,
      );
    else {
      const answers = await measureRun(each, sets, how, { out: values.out, say, byWords });
      if (each.model === 'none') byWords = answers;
    }
    say(circumstances({ command, folder: values.out }));
    const kind = values.order ? 'parts-1-order' : variants.length > 0 ? 'parts' : 'run';
    const name = values.section ?? `${kind}-${basename(each.model)}`;
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
  { askedThen, atAGlance, ...how }: FillOptions & { askedThen: boolean; atAGlance: boolean },
  say: Say,
): Promise<void> {
  const asked = { modes: each.modes.slice(-1), strangers: false, askedThen };
  const usual = { ...rankingParameters.fixed };
  let stores = await fillStores(each, sets, how);
  try {
    const base = await stores.ask(asked);
    say(`### ${each.label}\n\n${renderRecall(base)}`);
    const swept: Changed[] = [];
    for (const { name, ranking, fixed } of variants) {
      if (Object.keys(fixed).length > 0) {
        await stores.close();
        Object.assign(rankingParameters.fixed, fixed);
        stores = await fillStores(each, sets, how);
      }
      const changed = await stores.ask({ ...asked, ranking });
      swept.push({ name, answers: changed });
      if (!atAGlance) say(`**${each.label}, ${name}**\n\n${renderDifferences(base, changed)}`);
      else console.error(name);
      Object.assign(rankingParameters.fixed, usual);
    }
    if (atAGlance) say(renderSweep(base, swept));
  } finally {
    await stores.close();
  }
}

function namedParts(list: string | undefined): readonly string[] {
  if (list === undefined) return [];
  return list === 'all' ? partNames : list.split(',');
}

function findReranker(models: string, named: string): string {
  return existsSync(named) ? resolve(named) : resolve(models, named);
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
