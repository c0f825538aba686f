/**
 * The original system's times: most are local ones without an offset, as Python's `datetime.now()` gives them; merged
 * memories and later versions have an offset.
 */
import type { Timestamp } from '../core/memory.ts';
import { minuteLength, secondLength } from '../core/time/durations.ts';
import { instantAt } from '../core/time/time-zone.ts';
import { wallFields, wallTime } from '../core/time/wall-time.ts';

export interface OriginalTime {
  readonly at: Timestamp;
  /** Had no offset, and was therefore read in the time zone that was assumed. */
  readonly local: boolean;
}

const form =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?\d\d(?::\d\d)?)?$/i;

/** ISO 8601 with or without an offset, or seconds since 1970. Undefined for everything else. */
export function readTime(value: unknown, timeZone: string): OriginalTime | undefined {
  if (typeof value === 'number') return readNumber(value);
  const parts = typeof value === 'string' ? form.exec(value.trim()) : null;
  if (parts === null) return undefined;
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = '', offset] = parts;
  const time = readClock([year, month, day, hour, minute, second].map(Number));
  if (time === undefined) return undefined;
  const exact = time + Number(fraction.padEnd(3, '0').slice(0, 3));
  const instant = offset === undefined ? instantAt(exact, timeZone) : exact - offsetLength(offset);
  return { at: new Date(instant).toISOString(), local: offset === undefined };
}

/** The time in a key such as `memory_20251101173000`. */
export function timeInKey(key: string, timeZone: string): OriginalTime | undefined {
  const digits = /_(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:_|$)/.exec(key)?.slice(1);
  const time = digits === undefined ? undefined : readClock(digits.map(Number));
  return time === undefined ? undefined : { at: new Date(instantAt(time, timeZone)).toISOString(), local: true };
}

function readNumber(value: number): OriginalTime | undefined {
  // Seconds from 2001 on, or milliseconds.
  const milliseconds = value >= 1e12 ? value : value >= 1e9 ? value * secondLength : Number.NaN;
  return milliseconds < 1e14 ? { at: new Date(milliseconds).toISOString(), local: false } : undefined;
}

/** Undefined for what no clock shows, such as 30 February. */
function readClock(numbers: readonly number[]): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers;
  if (hour > 23 || minute > 59 || second > 59 || year < 1) return undefined;
  const date = wallTime(year, month, day);
  const read = wallFields(date);
  if (read.year !== year || read.month !== month || read.day !== day) return undefined;
  return date + ((hour * 60 + minute) * 60 + second) * secondLength;
}

function offsetLength(offset: string): number {
  if (offset.toUpperCase() === 'Z') return 0;
  const [hours = 0, minutes = 0] = offset.slice(1).replaceAll(':', '').match(/\d\d/g)?.map(Number) ?? [];
  return (hours * 60 + minutes) * minuteLength * (offset.startsWith('-') ? -1 : 1);
}
