/**
 * Calendar arithmetic on wall-clock times, free of time zones: days, weeks that begin on Monday, months, quarters,
 * years.
 * A wall-clock time is a plain number and a day always has 24 hours; `time-zone.ts` converts it to an instant.
 */
import { dayLength } from './durations.ts';

/** What a clock on the wall shows, in milliseconds as if it stood in UTC. Never compare it with an instant. */
export type WallTime = number;
export type CalendarUnit = 'day' | 'week' | 'month' | 'quarter' | 'year';

const monthsOf = { month: 1, quarter: 3, year: 12 };

/** `month` counts from 1. Overflow carries, as in `Date.UTC`: day 0 is the last of the month before. */
export function wallTime(year: number, month: number, day: number, sinceMidnight = 0): WallTime {
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  return new Date(0).setUTCFullYear(year, month - 1, day) + sinceMidnight;
}

export interface WallFields {
  readonly year: number;
  /** 1..12 */
  readonly month: number;
  /** 1..31 */
  readonly day: number;
  /** 0 is Monday. */
  readonly weekday: number;
}

export function wallFields(time: WallTime): WallFields {
  const date = new Date(time);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: (date.getUTCDay() + 6) % 7,
  };
}

export function daysInMonth(year: number, month: number): number {
  return wallFields(wallTime(year, month + 1, 0)).day;
}

/** Midnight of the first day of the unit that holds `time`. */
export function startOf(unit: CalendarUnit, time: WallTime): WallTime {
  const { year, month, day, weekday } = wallFields(time);
  if (unit === 'day') return wallTime(year, month, day);
  if (unit === 'week') return wallTime(year, month, day - weekday);
  return wallTime(year, month - ((month - 1) % monthsOf[unit]), 1);
}

/** The same time of day `count` units later; where the month is too short, on its last day. */
export function addUnits(time: WallTime, count: number, unit: CalendarUnit): WallTime {
  if (unit === 'day') return time + count * dayLength;
  if (unit === 'week') return time + count * 7 * dayLength;
  const { year, month, day } = wallFields(time);
  const first = wallFields(wallTime(year, month + count * monthsOf[unit], 1));
  const sinceMidnight = time - startOf('day', time);
  return wallTime(first.year, first.month, Math.min(day, daysInMonth(first.year, first.month)), sinceMidnight);
}
