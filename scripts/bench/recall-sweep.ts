/**
 * Many changes of the ranking at a glance, a row each: what R@1 and R@5 gain on every set, beyond noise in bold, how far
 * the intervals reach, and the mean over the sets on the half that parameters are chosen on and on the other.
 */
import type { Answer } from './recall-answers.ts';
import { pairedDifference, recallAt } from './recall-scores.ts';
import { table } from './report.ts';

export interface Changed {
  readonly name: string;
  readonly answers: readonly Answer[];
}

export function renderSweep(base: readonly Answer[], changes: readonly Changed[]): string {
  const sets = [...new Set(base.map(({ set }) => set))].sort();
  const rows = changes.map(({ name, answers }) => {
    const cells = sets.map((set) => {
      const [one, five] = [1, 5].map((depth) => pairedDifference(gains(base, answers, { depth, set })));
      return { one, five };
    });
    const reach = Math.max(
      ...cells
        .flatMap(({ one, five }) => [one, five])
        .flatMap((each) => each?.interval ?? [])
        .map(Math.abs),
    );
    const halves = [false, true].map((reported) =>
      signed(mean(sets.map((set) => mean(gains(base, answers, { depth: 5, set, reported }))))),
    );
    return [
      name,
      ...cells.map((cell) => [cell.one, cell.five].map((each) => (each === undefined ? '' : marked(each))).join(' / ')),
      (100 * reach).toFixed(1),
      halves.join(' / '),
    ];
  });
  return table(
    ['change', ...sets.map((set) => `${set}, R@1 / R@5`), 'no interval beyond', 'mean R@5 of the halves'],
    rows,
  );
}

interface Part {
  readonly depth: number;
  readonly set: string;
  /** Both halves where it is left out. */
  readonly reported?: boolean;
}

/** Question by question. */
function gains(base: readonly Answer[], changed: readonly Answer[], { depth, set, reported }: Part): number[] {
  const byQuestion = new Map(changed.filter((answer) => answer.set === set).map((answer) => [answer.id, answer]));
  return base.flatMap((answer) => {
    const other = answer.set === set ? byQuestion.get(answer.id) : undefined;
    if (other === undefined || (reported !== undefined && answer.reported !== reported)) return [];
    return [recallAt(other.relevant, other.ranked, depth) - recallAt(answer.relevant, answer.ranked, depth)];
  });
}

function marked({ mean: difference, interval: [low, high] }: ReturnType<typeof pairedDifference>): string {
  return low <= 0 && high >= 0 ? signed(difference) : `**${signed(difference)}**`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function signed(value: number): string {
  const shown = (100 * value).toFixed(1);
  return value > 0 ? `+${shown}` : shown;
}
