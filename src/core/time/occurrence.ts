/** When something happened, as people and models write it: an ISO date or time, or any other day or hour of a date range. */
import { MemoryMcpError } from '../errors.ts';
import type { Timestamp } from '../memory.ts';
import { quoteForMessage } from '../text/visible-text.ts';
import { dayLength, hourLength } from './durations.ts';
import { type TimeRangeContext, timestampOf } from './time-range.ts';
import type { TermContext } from './time-range-span.ts';
import { readTerm } from './time-range-terms.ts';
import { tidyRangeText } from './time-range-words.ts';

/** A day on which clocks are put back. */
const longestDay = dayLength + 3 * hourLength;

/**
 * The moment that `text` means, or the first one of the day or hour that it means. A time without an offset is what a
 * clock in `timeZone` showed. `invalid_input` for what is no date, and for a month or a year: its first day would be wrong.
 */
export function parseOccurrence(text: string, { now, timeZone }: TimeRangeContext): Timestamp {
  const refuse = (reason: string): never => {
    throw new MemoryMcpError('invalid_input', `occurred_at ${quoteForMessage(text)} ${reason}`, {
      hint: 'Write a day or a time, for example 2026-11-24, 2026-11-24T09:30 or 2026-11-24T09:30:00+09:00.',
    });
  };
  const context: TermContext = { now: now.getTime(), timeZone, refuse };
  const { from, before } = readTerm(tidyRangeText(text), context) ?? refuse('is no date that is understood');
  if (before - from > longestDay) refuse('is longer than a day');
  return timestampOf(from, refuse);
}
