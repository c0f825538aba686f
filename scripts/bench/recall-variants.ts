/**
 * The parts of the ranking, measured one at a time: the same questions to the same stores with and without a part, and
 * the difference with a paired bootstrap interval, on the half that parameters may be chosen on and on the other.
 */
import { type RankingParameters, rankingParameters } from '../../src/scoring/ranking-parameters.ts';
import { UsageError } from './options.ts';
import type { Answer } from './recall-answers.ts';
import { pairedDifference, recallAt, reciprocalRank } from './recall-scores.ts';
import { table } from './report.ts';

export interface Variant {
  readonly name: string;
  readonly ranking: Partial<RankingParameters>;
  /** What a store measures of itself or its model when it is opened rests on these, so it is opened for them. */
  readonly fixed: Partial<RankingParameters['fixed']>;
}

/** What each part is left out with. */
const parts: Readonly<Record<string, Partial<RankingParameters>>> = {
  words: { wordsWeight: 0, wordsWeightByWords: 0 },
  crowding: { crowdedLoss: 0 },
  'words-power': { wordsPower: 1 },
  proximity: { proximityShare: 0 },
  'context-terms': { precedingShare: 0 },
  'second-pass': { proximityShare: 0, precedingShare: 0 },
  'common-components': { residualShare: 0 },
  'language-levelling': { languageLevelling: 0 },
  neighbors: { neighborShare: 0, neighborShareByWords: 0, answerShare: 0, precedingShare: 0, bringing: 0 },
  'brought-neighbors': { bringing: 0 },
  answers: { answerShare: rankingParameters.neighborShare },
  'question-endings': { questionPenalty: 0 },
  speakers: { speakerBonus: 0 },
  trust: { minimumModelWeight: 1 },
  dates: { dateWeight: 0 },
  importance: { importanceWeight: 0 },
  age: { recencyWeight: 0 },
};

export const partNames = Object.keys(parts);

export function variantWithout(part: string): Variant {
  const ranking = parts[part];
  if (ranking === undefined) throw new UsageError(`There is no part ${part}; there are ${partNames.join(', ')}`);
  return { name: `without ${part}`, ranking, fixed: {} };
}

const changeable = Object.entries(rankingParameters).flatMap(([name, value]) =>
  typeof value === 'number' ? [name] : [],
);
const changeableFixed = Object.keys(rankingParameters.fixed);

/** `name=value,name=value` */
export function variantWith(changes: string): Variant {
  const known = [...changeable, ...changeableFixed];
  const values = changes.split(',').map((change) => {
    const [name = '', value] = change.split('=');
    if (!known.includes(name) || value === undefined || Number.isNaN(Number(value)))
      throw new UsageError(`"${change}" is no change of ${known.join(', ')}`);
    return [name, Number(value)] as const;
  });
  const among = (names: readonly string[]) => Object.fromEntries(values.filter(([name]) => names.includes(name)));
  return { name: changes, ranking: among(changeable), fixed: among(changeableFixed) };
}

const measures: readonly [string, (answer: Answer) => number][] = [
  ['R@1', ({ relevant, ranked }) => recallAt(relevant, ranked, 1)],
  ['R@5', ({ relevant, ranked }) => recallAt(relevant, ranked, 5)],
  ['MRR', ({ relevant, ranked }) => reciprocalRank(relevant, ranked)],
];

/** What the mixture of words and meaning gains over each of them alone, on the same questions. */
export function renderMixture(answers: readonly Answer[], byWords: readonly Answer[]): string {
  const own = answers.filter(({ kind }) => kind === 'answerable');
  const mixed = own.filter(({ mode }) => mode === 'hybrid');
  const alone = (mode: Answer['mode'], from: readonly Answer[]) =>
    from.filter((answer) => answer.mode === mode).map((answer) => ({ ...answer, mode: 'hybrid' as const }));
  const against = (name: string, others: readonly Answer[]) =>
    others.length === 0 ? [] : [`Hybrid against ${name}:\n\n${renderDifferences(others, mixed)}`];
  const ids = new Set(mixed.map(({ id }) => id));
  return [
    ...against(
      'words alone',
      alone('keyword', byWords).filter(({ id, kind }) => kind === 'answerable' && ids.has(id)),
    ),
    ...against('meaning alone', alone('semantic', own)),
  ].join('\n\n');
}

/** The mean difference per set, with its paired interval and both halves; bold beyond noise. */
export function renderDifferences(base: readonly Answer[], changed: readonly Answer[]): string {
  const byQuestion = new Map(changed.map((answer) => [`${answer.mode} ${answer.id}`, answer]));
  const sets = [...new Set(base.map(({ set }) => set))].sort();
  const rows = sets.map((set) => {
    const own = base.filter((answer) => answer.set === set);
    const cells = measures.map(([, measure]) => {
      const all = differences(own, byQuestion, measure);
      const half = (reported: boolean) =>
        differences(
          own.filter((answer) => answer.reported === reported),
          byQuestion,
          measure,
        );
      const [low, high] = pairedDifference(all).interval;
      const noise = low <= 0 && high >= 0;
      const bold = noise ? '' : '**';
      return `${bold}${signed(mean(all))}${bold} [${signed(low)}, ${signed(high)}] (${signed(mean(half(false)))} / ${signed(mean(half(true)))})`;
    });
    return [set, String(own.length), ...cells];
  });
  return table(['set', 'questions', ...measures.map(([name]) => name)], rows);
}

function differences(
  base: readonly Answer[],
  changed: ReadonlyMap<string, Answer>,
  measure: (answer: Answer) => number,
): number[] {
  return base.flatMap((answer) => {
    const other = changed.get(`${answer.mode} ${answer.id}`);
    return other === undefined ? [] : [measure(other) - measure(answer)];
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function signed(value: number): string {
  const shown = (100 * value).toFixed(1);
  return value > 0 ? `+${shown}` : shown;
}
