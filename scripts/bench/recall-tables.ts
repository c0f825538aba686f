/**
 * The tables of the recall benchmark about what was found and how sure the server said it was.
 */
import type { Answer, QuestionKind } from './recall-answers.ts';
import { scoreAnswers } from './recall-scores.ts';
import { table } from './report.ts';

/** R@k per set and mode. */
export function renderRecall(answers: readonly Answer[]): string {
  const rows = grouped(
    answers.filter(({ kind }) => kind === 'answerable'),
    ({ set, mode }) => [set, mode],
  ).map(([names, own]) => {
    const all = scoreAnswers(own);
    const half = scoreAnswers(own.filter(({ reported }) => reported));
    return [
      ...names,
      String(all.count),
      percent(all.recallAt1),
      percent(all.recallAt5),
      `${percent(all.interval[0])}–${percent(all.interval[1])}`,
      percent(all.recallAt10),
      percent(half.recallAt5),
    ];
  });
  return table(['set', 'mode', 'questions', 'R@1', 'R@5', '95 %', 'R@10', 'R@5, reported half'], rows);
}

const askedOf: Readonly<Record<QuestionKind, string>> = {
  answerable: 'its own store',
  unanswerable: 'its own store, which has no answer',
  'another persona': 'another store of the set',
  'another set': 'a store of another set',
};

/** How often each strength was said and how often it was right, of the mode that is used. */
export function renderStrength(answers: readonly Answer[]): string {
  const rows = grouped(answers, ({ set, kind, languages }) => [set, askedOf[kind], languages]).map(([names, asked]) => {
    const strong = asked.filter(({ strength }) => strength === 'strong');
    const none = asked.filter(({ strength }) => strength === 'none');
    const answerable = asked[0]?.kind === 'answerable';
    const firsts = asked.filter((answer) => foundWithin(answer, 1));
    return [
      ...names,
      String(asked.length),
      `${strong.length}/${asked.length - strong.length - none.length}/${none.length}`,
      share(strong.filter((answer) => answerable && foundWithin(answer, 1)).length, strong.length),
      answerable ? share(firsts.filter(({ strength }) => strength === 'strong').length, firsts.length) : '–',
      percent(none.length / asked.length),
      answerable ? String(none.filter((answer) => foundWithin(answer, 5)).length) : '–',
    ];
  });
  return table(
    [
      'questions of',
      'asked of',
      'languages',
      'questions',
      'strong/weak/none',
      'strong is right, %',
      'right firsts called strong, %',
      'none, %',
      'none, though among the first five',
    ],
    rows,
  );
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : percent(part / whole);
}

export function percent(value: number): string {
  return (100 * value).toFixed(1);
}

export function foundWithin({ relevant, ranked }: Answer, depth: number): boolean {
  return ranked.slice(0, depth).some((id) => relevant.includes(id));
}

/** Groups by a few names, in the order of the sets and of what was asked first. */
export function grouped(
  answers: readonly Answer[],
  namesOf: (answer: Answer) => readonly string[],
): [readonly string[], Answer[]][] {
  const groups = new Map<string, [readonly string[], Answer[]]>();
  const kinds: readonly QuestionKind[] = ['answerable', 'unanswerable', 'another persona', 'another set'];
  const inOrder = answers.toSorted(
    (one, other) => one.set.localeCompare(other.set) || kinds.indexOf(one.kind) - kinds.indexOf(other.kind),
  );
  for (const answer of inOrder) {
    const names = namesOf(answer);
    const key = JSON.stringify(names);
    const group = groups.get(key) ?? [names, []];
    group[1].push(answer);
    groups.set(key, group);
  }
  return [...groups.values()];
}
