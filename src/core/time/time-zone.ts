/**
 * Between instants (milliseconds since 1970 in UTC) and what a clock in a time zone shows, with the rules that
 * `Intl` knows. Used wherever a day, a key or an age is meant as people at that place mean it.
 */

import { MemoryMcpError } from '../errors.ts';
import { quoteForMessage } from '../text/visible-text.ts';
import { dayLength, secondLength } from './durations.ts';
import { type WallTime, wallTime } from './wall-time.ts';

// Creating a format costs as much as a hundred uses of it, and a process sees few zones.
const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clock of `timeZone` (an IANA name) shows at `instant`; `invalid_input` for an unknown zone. */
export function wallTimeAt(instant: number, timeZone: string): WallTime {
  const parts = new Map(
    formatFor(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)] as const),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  const seconds = (part('hour') * 60 + part('minute')) * 60 + part('second');
  const milliseconds = ((instant % secondLength) + secondLength) % secondLength;
  return wallTime(part('year'), part('month'), part('day'), seconds * secondLength + milliseconds);
}

/**
 * The instant at which the clock of `timeZone` shows `time`: the earlier one where it shows it twice; where the clock
 * skips it, as much later as the clock jumps (so a skipped midnight is the first moment of the day).
 * The rule is that of `disambiguation: 'compatible'` in ECMAScript's Temporal.
 */
export function instantAt(time: WallTime, timeZone: string): number {
  const before = time - offsetAt(time - dayLength, timeZone);
  const after = time - offsetAt(time + dayLength, timeZone);
  const shown = [before, after].filter((instant) => wallTimeAt(instant, timeZone) === time);
  return shown.length > 0 ? Math.min(...shown) : before;
}

function offsetAt(instant: number, timeZone: string): number {
  return wallTimeAt(instant, timeZone) - instant;
}

function formatFor(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = createFormat(timeZone);
  formats.set(timeZone, format);
  return format;
}

function createFormat(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (cause) {
    throw new MemoryMcpError('invalid_input', `Time zone ${quoteForMessage(timeZone)} is not known`, {
      hint: 'Use an IANA name such as "Asia/Tokyo", "Europe/Berlin" or "UTC".',
      cause,
    });
  }
}
