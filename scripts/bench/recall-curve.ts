/**
 * What `none` costs and what it is worth at every limit of nearness, read from the same replies as everything else: how
 * many questions about something else are caught, how many with an answer are lost, and what no limit can tell.
 */
import type { Answer, QuestionKind } from './recall-answers.ts';
import { foundWithin, grouped, percent } from './recall-tables.ts';
import { table } from './report.ts';

/** What `none` would be right about: all sets count alike. */
interface Cost {
  /** The share of the questions for strangers that are called none. */
  readonly caught: number;
  /** The share of the answerable questions that are. */
  readonly lost: number;
  /** Those of the lost whose answer was among the first five. */
  readonly found: number;
  /** The share of the questions for the right store without an answer to them that are; undefined without any. */
  readonly unanswerable: number | undefined;
}

const limits = Array.from({ length: 11 }, (_, index) => index / 10);
const wantedPrecision = 0.9;

const relations = [
  { title: 'Question and memories in one language', within: true },
  { title: 'Question and memories in different languages', within: false },
] as const;

/** The curve for each relation of languages that the model has a scale for; empty without one. */
export function renderCurves(answers: readonly Answer[]): string {
  const measured = answers.filter((answer) => answer.measured);
  const parts = relations.flatMap(({ title, within }) => {
    const related = measured.filter(({ languages }) => (languages === 'ja-ja' || languages === 'en-en') === within);
    return related.length === 0 ? [] : [`**${title}**\n\n${renderCurve(related)}`];
  });
  return parts.join('\n\n');
}

function renderCurve(answers: readonly Answer[]): string {
  const reported = answers.filter((answer) => answer.reported);
  const row = (name: string, { caught, lost, found, unanswerable }: Cost) => [
    name,
    percent(caught),
    percent(lost),
    percent(found),
    caught + lost === 0 ? '–' : percent(caught / (caught + lost)),
    unanswerable === undefined ? '–' : percent(unanswerable),
  ];
  const curve = table(
    ['limit', 'caught', 'lost', 'lost, though among the first five', 'right', 'unanswerable caught'],
    [
      ...limits.map((limit) => row(limit.toFixed(1), costBelow(reported, limit))),
      row(
        'as shipped',
        costOf(reported, ({ strength }) => strength === 'none'),
      ),
    ],
  );
  return `${curve}\n\n${bestLimit(reported)} ${whatNearnessTells(reported)}`;
}

function costBelow(answers: readonly Answer[], limit: number): Cost {
  return costOf(answers, ({ noneAbove }) => noneAbove !== undefined && noneAbove < limit);
}

function costOf(answers: readonly Answer[], isNone: (answer: Answer) => boolean): Cost {
  const none = (kinds: readonly QuestionKind[], counts: (answer: Answer) => boolean = () => true) =>
    meanShare(
      answers.filter(({ kind }) => kinds.includes(kind)),
      (answer) => isNone(answer) && counts(answer),
    );
  return {
    caught: none(strangers) ?? 0,
    lost: none(['answerable']) ?? 0,
    found: none(['answerable'], (answer) => foundWithin(answer, 5)) ?? 0,
    unanswerable: none(['unanswerable']),
  };
}

const strangers: readonly QuestionKind[] = ['another persona', 'another set'];

/** The mean over the sets of the share in each; undefined of no question. */
function meanShare(answers: readonly Answer[], counts: (answer: Answer) => boolean): number | undefined {
  const shares = grouped(answers, ({ set }) => [set]).map(([, own]) => own.filter(counts).length / own.length);
  return shares.length === 0 ? undefined : shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** The highest limit, in hundredths, up to which `none` is as right as it has to be. */
function bestLimit(answers: readonly Answer[]): string {
  const right = Array.from({ length: 101 }, (_, index) => index / 100).findLast((limit) => {
    const { caught, lost } = costBelow(answers, limit);
    return caught > 0 && caught / (caught + lost) >= wantedPrecision;
  });
  const wanted = `at which ${100 * wantedPrecision} % of what is called none is right`;
  if (right === undefined) return `There is no limit ${wanted}.`;
  const { caught, lost, found } = costBelow(answers, right);
  return (
    `The highest limit ${wanted} is ${right.toFixed(2)}: it catches ${percent(caught)} % of the questions about ` +
    `something else and loses ${percent(lost)} % of the answerable ones, ${percent(found)} % with their answer among ` +
    'the first five.'
  );
}

/** Area under the curve of the nearest hit's nearness against the answerable questions of the same sets. */
function whatNearnessTells(answers: readonly Answer[]): string {
  const sentences = (['unanswerable', 'another persona', 'another set'] as const).flatMap((kind) => {
    const others = answers.filter((answer) => answer.kind === kind);
    const sets = [...new Set(others.map(({ set }) => set))].sort();
    const areas = sets.flatMap((set) => {
      const of = (wanted: QuestionKind) =>
        answers
          .filter((answer) => answer.set === set && answer.kind === wanted)
          .map(({ nearest }) => nearest ?? Number.NEGATIVE_INFINITY);
      const area = areaBetween(of('answerable'), of(kind));
      return area === undefined ? [] : [`${set} ${area.toFixed(2)}`];
    });
    return areas.length === 0 ? [] : [`${asked[kind]}: ${areas.join(', ')}`];
  });
  return sentences.length === 0
    ? ''
    : `How often the nearest memory of an answerable question is nearer than that of another one (0.5 is chance), against ${sentences.join('; against ')}.`;
}

const asked = {
  unanswerable: 'questions that their own store cannot answer',
  'another persona': 'those asked of another store of the set',
  'another set': 'those asked of another set',
} as const;

/** The chance that one of `high` is greater than one of `low`, ties counting half; undefined of nothing. */
function areaBetween(high: readonly number[], low: readonly number[]): number | undefined {
  if (high.length === 0 || low.length === 0) return undefined;
  let wins = 0;
  for (const one of high) for (const other of low) wins += one > other ? 1 : one === other ? 0.5 : 0;
  return wins / (high.length * low.length);
}
