/** How well the time of a memory fits the dates that a question names. Softly: it adds to a score and hides nothing. */
import { dayLength } from '../core/time/durations.ts';
import type { Span } from '../core/time/time-range-span.ts';
import { type RankingParameters, rankingParameters } from './ranking-parameters.ts';

export interface DateFit {
  /** The date that the memory lies in or, measured by its length, nearest to. */
  readonly date: Span;
  /** Milliseconds between the two; 0 inside. */
  readonly away: number;
  /** What the memory gains, in deviations. */
  readonly gain: number;
}

/**
 * All of the gain inside a date, half of it at `dateReachDays` beyond, or at half the length of the date where that is
 * longer. What happened on a day is told on the days around it. Undefined where the question names no date.
 */
export function fitDate(
  at: number,
  dates: readonly Span[],
  { dateWeight, dateReachDays }: RankingParameters = rankingParameters,
): DateFit | undefined {
  let best: DateFit | undefined;
  for (const date of dates) {
    const { from, before } = date;
    const away = Math.max(0, from - at, at - before);
    const reach = Math.max(dateReachDays * dayLength, (before - from) / 2);
    const gain = dateWeight * 0.5 ** (away / reach);
    if (best === undefined || gain > best.gain) best = { date, away, gain };
  }
  return best;
}
