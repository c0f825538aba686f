/**
 * How long ago something was, in words for a reply: "just now", "5 hours ago", "3 days ago", "2 years ago".
 * Days are calendar days: a search for "3 days ago" finds what was shown as "3 days ago".
 */

import type { Timestamp } from '../memory.ts';
import { dayLength, hourLength, minuteLength } from './durations.ts';
import { wallTimeAt } from './time-zone.ts';
import { addUnits, type CalendarUnit, startOf, wallFields } from './wall-time.ts';

export interface AgeContext {
  readonly now: Date;
  /** IANA name. */
  readonly timeZone: string;
}

/** "3 days ago"; "in 3 days" for what lies ahead, as after an import or with clocks that disagree. */
export function ageOf(timestamp: Timestamp, { now, timeZone }: AgeContext): string {
  const then = Date.parse(timestamp);
  const elapsed = now.getTime() - then;
  if (Math.abs(elapsed) < minuteLength) return 'just now';
  const [earlier, later] = elapsed > 0 ? [then, now.getTime()] : [now.getTime(), then];
  const words = spanInWords(earlier, later, timeZone);
  return elapsed > 0 ? `${words} ago` : `in ${words}`;
}

function spanInWords(earlier: number, later: number, timeZone: string): string {
  const elapsed = later - earlier;
  if (elapsed < hourLength) return formatCount(Math.floor(elapsed / minuteLength), 'minute');
  if (elapsed < dayLength) return formatCount(Math.floor(elapsed / hourLength), 'hour');

  const from = startOf('day', wallTimeAt(earlier, timeZone));
  const to = startOf('day', wallTimeAt(later, timeZone));
  const days = Math.round((to - from) / dayLength);
  if (days <= 60) return formatCount(Math.max(days, 1), 'day');
  const months = countCompleted(from, to, 'month');
  return months < 24 ? formatCount(months, 'month') : formatCount(countCompleted(from, to, 'year'), 'year');
}

function countCompleted(from: number, to: number, unit: CalendarUnit): number {
  const [first, last] = [wallFields(from), wallFields(to)];
  const years = last.year - first.year;
  const crossed = unit === 'year' ? years : years * 12 + last.month - first.month;
  return addUnits(from, crossed, unit) > to ? crossed - 1 : crossed;
}

function formatCount(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
