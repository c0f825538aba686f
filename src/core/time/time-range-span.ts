/**
 * What the readers of date ranges share: the span that a term means, and the moment and place it is read at.
 */
import { localDate } from './local-time.ts';
import { instantAt, wallTimeAt } from './time-zone.ts';
import { type WallTime, wallFields } from './wall-time.ts';

/** Instants in milliseconds: `from` inclusive, `before` exclusive. */
export interface Span {
  readonly from: number;
  readonly before: number;
}

export interface TermContext {
  readonly now: number;
  readonly timeZone: string;
  /** Where set, a term that names no year or week means the first one from here on, else the latest that has begun. */
  readonly notBefore?: WallTime | undefined;
  /** Throws: the text has a meaning, but not one that can be followed. */
  readonly refuse: (reason: string) => never;
}

export const outsideYears = 'lies outside the years 1000 to 9999';

/** The span between two times on the clock of the place, refused outside the years that sort as text. */
export function spanBetween(from: WallTime, before: WallTime, { timeZone, refuse }: TermContext): Span {
  const inside = wallFields(from).year >= 1000 && wallFields(before).year <= 9999;
  return inside ? { from: instantAt(from, timeZone), before: instantAt(before, timeZone) } : refuse(outsideYears);
}

export function wallNow({ now, timeZone }: TermContext): WallTime {
  return wallTimeAt(now, timeZone);
}

/** The one span that all of `readings` are; refused by naming two where they differ. None at all is `undefined`. */
export function onlyReading(readings: readonly Span[], context: TermContext): Span | undefined {
  const [first, ...others] = readings;
  const other = others.find(({ from, before }) => from !== first?.from || before !== first.before);
  if (first === undefined || other === undefined) return first;
  const names = [first, other].map((span) => nameOf(span, context));
  return context.refuse(`can mean ${names.join(' or ')}: write the one that is meant`);
}

/** A span of whole days in the form that has one meaning: 2026-12-01..2027-02-28. */
function nameOf({ from, before }: Span, { timeZone }: TermContext): string {
  const [first, last] = [from, before - 1].map((instant) => localDate(new Date(instant).toISOString(), timeZone));
  return first === last ? `${first}` : `${first}..${last}`;
}
