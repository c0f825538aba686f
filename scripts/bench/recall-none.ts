/**
 * How right `none` and `strong` are, set by set, on answerable questions and strangers' questions in the same language
 * counted as if equally many of each were asked.
 */
import type { Answer } from './recall-answers.ts';
import { resampledMeans } from './recall-scores.ts';
import { foundWithin, grouped, percent } from './recall-tables.ts';
import { table } from './report.ts';

/** One row per set that has both kinds of questions; empty without any. */
export function renderNone(answers: readonly Answer[]): string {
  const rows = grouped(answers.filter(inOneLanguage), ({ set }) => [set]).flatMap(([names, asked]) => {
    const own = asked.filter(({ kind }) => kind === 'answerable');
    const strangers = asked.filter(({ kind }) => kind.startsWith('another'));
    if (own.length === 0 || strangers.length === 0) return [];
    const half = (reported: boolean) => rightShare(...bothHalves(own, strangers, reported));
    const strong = own.filter(({ strength }) => strength === 'strong');
    return [
      [
        ...names,
        `${own.length} / ${strangers.length}`,
        percent(shareOf(strangers, isNone)),
        percent(shareOf(own, isNone)),
        shownShare(rightShare(own, strangers)),
        interval(own, strangers),
        `${shownShare(half(false))} / ${shownShare(half(true))}`,
        String(strong.length),
        strong.length === 0 ? '–' : percent(shareOf(strong, (answer) => foundWithin(answer, 1))),
      ],
    ];
  });
  if (rows.length === 0) return '';
  const heads = ['set', 'own / strangers', 'caught', 'lost', '`none` is right', '95 %', 'halves'];
  return table([...heads, '`strong`', '`strong` is right'], rows);
}

function inOneLanguage({ languages }: Answer): boolean {
  return languages === 'ja-ja' || languages === 'en-en';
}

function isNone({ strength }: Answer): boolean {
  return strength === 'none';
}

function bothHalves(own: readonly Answer[], strangers: readonly Answer[], reported: boolean) {
  const half = (answers: readonly Answer[]) => answers.filter((answer) => answer.reported === reported);
  return [half(own), half(strangers)] as const;
}

/** The share of `none` that is true; undefined where it is never said. */
function rightShare(own: readonly Answer[], strangers: readonly Answer[]): number | undefined {
  const caught = shareOf(strangers, isNone);
  const lost = shareOf(own, isNone);
  return caught + lost === 0 ? undefined : caught / (caught + lost);
}

function interval(own: readonly Answer[], strangers: readonly Answer[]): string {
  const none = (answers: readonly Answer[]) => answers.map((answer) => (isNone(answer) ? 1 : 0));
  const lost = resampledMeans(none(own), 1);
  const caught = resampledMeans(none(strangers), 2);
  const right = caught
    .map((share, index) => share / Math.max(1e-9, share + (lost[index] ?? 0)))
    .sort((one, other) => one - other);
  if (shareOf(strangers, isNone) === 0) return '–';
  return `${percent(right[24] ?? 0)}–${percent(right[974] ?? 0)}`;
}

function shareOf(answers: readonly Answer[], counts: (answer: Answer) => boolean): number {
  return answers.filter(counts).length / Math.max(1, answers.length);
}

function shownShare(share: number | undefined): string {
  return share === undefined ? '–' : percent(share);
}
