/** How well the time of a memory fits the dates that a question names. Softly: it adds to a score and hides nothing. */
import { dayLength } from '../core/time/durations.ts';
import type { Span } from '../core/time/time-range-span.ts';
import { type RankingParameters, rankingParameters } from './ranking-parameters.ts';

/**
 * In deviations: all of it inside a date, half of it at `dateReachDays` beyond, or at half the length of the date where
 * that is longer. What happened on a day is told on the days around it.
 */
export function scoreDate(
  at: number,
  dates: readonly Span[],
  { dateWeight, dateReachDays }: RankingParameters = rankingParameters,
): number {
  let best = 0;
  for (const { from, before } of dates) {
    const away = Math.max(0, from - at, at - before);
    const reach = Math.max(dateReachDays * dayLength, (before - from) / 2);
    best = Math.max(best, 0.5 ** (away / reach));
  }
  return dateWeight * best;
}
