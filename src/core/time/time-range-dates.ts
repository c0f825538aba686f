/**
 * Dates as the calendar writes them: ISO 8601 days, times, months, weeks and years, English month names, and the forms
 * without a year that `--3-5` stands for. A date that does not exist is refused with the reason, and one that can be
 * two days with both.
 */
import { hourLength, minuteLength, secondLength } from './durations.ts';
import { onlyReading, type Span, spanBetween, type TermContext, wallNow } from './time-range-span.ts';
import { yearOfEra } from './time-range-words.ts';
import { instantAt } from './time-zone.ts';
import { addUnits, type CalendarUnit, daysInMonth, startOf, type WallTime, wallFields, wallTime } from './wall-time.ts';

const monthNames = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
/** One group: the name of a month or its beginning, with or without a full stop. */
export const monthName = `(?:(${monthNames.map((name) => `${name}|${name.slice(0, 3)}`).join('|')}|sept)\\.?)`;
const ordinalDay = '(\\d{1,2})(?:st|nd|rd|th)?';
const clock = '[t ](\\d{1,2})(?::(\\d{2})(?::(\\d{2})(?:[.,](\\d{1,9}))?)?)?';
const zone = ' ?(z|utc|gmt|[+-]\\d{2}(?::?\\d{2})?)';

const leapYear = 2000;

type Reading = (groups: ReadonlyArray<string | undefined>, context: TermContext) => Span | undefined;

const readings: ReadonlyArray<readonly [RegExp, Reading]> = [
  [
    /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/,
    ([year, month, day], context) => daySpan(Number(year), Number(month), Number(day), context),
  ],
  [
    /^(\d{4})(\d{2})(\d{2})$/,
    ([year, month, day], context) => daySpan(Number(year), Number(month), Number(day), context),
  ],
  [new RegExp(`^(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})${clock}(?:${zone})?$`), timeSpan],
  [/^(\d{4})[-/.](\d{1,2})$/, ([year, month], context) => spanOfMonth(Number(year), Number(month), context)],
  [/^(\d{4})$/, ([year], context) => unitSpan(wallTime(Number(year), 1, 1), 'year', context)],
  [
    /^(\d{4})-?w(\d{2})(?:-?(\d))?$/,
    ([year, week, day], context) => weekSpan(Number(year), Number(week), day, context),
  ],
  [/^(\d{1,2})\/(\d{1,2})$/, ([month, day], context) => yearlessSpan(Number(month), Number(day), context)],
  [/^(\d{1,2})[/-](\d{1,2})[/-](\d{4})$/, slashedSpan],
  [
    /^(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})$/,
    ([day, month, year], context) => daySpan(Number(year), Number(month), Number(day), context),
  ],
  [/^(\d{1,2})([./-])(\d{1,2})\2(\d{2})$/, shortYearSpan],
  [/^--(\d{1,2})-(\d{1,2})$/, ([month, day], context) => yearlessSpan(Number(month), Number(day), context)],
  [/^--(\d{1,2})$/, ([month], context) => yearlessSpan(Number(month), undefined, context)],
  [/^(?:---)?(\d{1,2})(?:(?:st|nd|rd|th)(?: day)?)?$/, ([day], context) => dayOfMonthSpan(Number(day), context)],
  [new RegExp(`^${monthName}$`), ([month], context) => yearlessSpan(monthNamed(month), undefined, context)],
  [
    new RegExp(`^${monthName},? (\\d{4})$`),
    ([month, year], context) => spanOfMonth(Number(year), monthNamed(month), context),
  ],
  [
    new RegExp(`^${monthName} ${ordinalDay}$`),
    ([month, day], context) => yearlessSpan(monthNamed(month), Number(day), context),
  ],
  [
    new RegExp(`^${ordinalDay} (?:of )?${monthName}$`),
    ([day, month], context) => yearlessSpan(monthNamed(month), Number(day), context),
  ],
  [
    new RegExp(`^${monthName} ${ordinalDay},? (\\d{4})$`),
    ([month, day, year], context) => daySpan(Number(year), monthNamed(month), Number(day), context),
  ],
  [
    new RegExp(`^${ordinalDay} (?:of )?${monthName},? (\\d{4})$`),
    ([day, month, year], context) => daySpan(Number(year), monthNamed(month), Number(day), context),
  ],
];

/** The span of a date in tidied English or ISO form, or `undefined`. */
export function readDate(text: string, context: TermContext): Span | undefined {
  for (const [pattern, read] of readings) {
    const match = pattern.exec(text);
    if (match !== null) return read(match.slice(1), context);
  }
  return undefined;
}

function unitSpan(start: WallTime, unit: CalendarUnit, context: TermContext): Span {
  return spanBetween(start, addUnits(start, 1, unit), context);
}

function daySpan(year: number, month: number, day: number, context: TermContext): Span {
  return unitSpan(existingDay(year, month, day, context), 'day', context);
}

/** The whole month; refused where `month` is not 1 to 12. */
export function spanOfMonth(year: number, month: number, context: TermContext): Span {
  return unitSpan(existingDay(year, month, 1, context), 'month', context);
}

/** Americans write the month first, Europeans the day: 11/20/2026 and 20/11/2026 are one day, 3/4/2026 may be two. */
function slashedSpan(groups: ReadonlyArray<string | undefined>, context: TermContext): Span {
  const [first = 0, second = 0, year = 0] = groups.map(Number);
  const days = [
    [year, first, second],
    [year, second, first],
  ] as const;
  return onlyDay(days, context) ?? daySpan(year, first, second, context);
}

/**
 * The year of 26.11.20 may stand at either end. Between slashes the month may come first, and between full stops the year
 * may be one of Reiwa.
 */
function shortYearSpan(groups: ReadonlyArray<string | undefined>, context: TermContext): Span | undefined {
  const [left, separator, middle, right] = groups;
  const [first = 0, second = 0, third = 0] = [left, middle, right].map(Number);
  return onlyDay(
    [
      ...(left?.length === 2 ? ([[2000 + first, second, third]] as const) : []),
      ...(separator === '/' ? ([[2000 + third, first, second]] as const) : []),
      [2000 + third, second, first],
      ...(separator === '.' ? ([[yearOfEra('令和', first), second, third]] as const) : []),
    ],
    context,
  );
}

function onlyDay(days: ReadonlyArray<readonly [number, number, number]>, context: TermContext): Span | undefined {
  const existing = days.filter(
    ([year, month, day]) => month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month),
  );
  return onlyReading(
    existing.map((day) => daySpan(...day, context)),
    context,
  );
}

function existingDay(year: number, month: number, day: number, { refuse }: TermContext): WallTime {
  const name = monthNames[month - 1] ?? refuse(`names month ${month}, and a year has 12`);
  const days = daysInMonth(year, month);
  if (day < 1 || day > days)
    refuse(`names day ${day}, and ${name[0]?.toUpperCase()}${name.slice(1)} ${year} has ${days}`);
  return wallTime(year, month, day);
}

/** The minute, second or part of a second that a time names, on the clock of its own offset where it gives one. */
function timeSpan(groups: ReadonlyArray<string | undefined>, context: TermContext): Span {
  const [year, month, day, hour, minute, second, fraction, offset] = groups;
  if (Number(hour) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) {
    context.refuse('names a time that no clock shows: hours go to 23, minutes and seconds to 59');
  }
  const milliseconds = Number((fraction ?? '').padEnd(3, '0').slice(0, 3));
  const time =
    existingDay(Number(year), Number(month), Number(day), context) +
    Number(hour) * hourLength +
    Number(minute ?? 0) * minuteLength +
    Number(second ?? 0) * secondLength +
    milliseconds;
  const from = offset === undefined ? instantAt(time, context.timeZone) : time - offsetLength(offset, context);
  return { from, before: from + lengthNamed(minute, second, fraction) };
}

function lengthNamed(minute: string | undefined, second: string | undefined, fraction: string | undefined): number {
  if (fraction !== undefined) return 1;
  if (second !== undefined) return secondLength;
  return minute === undefined ? hourLength : minuteLength;
}

function offsetLength(offset: string, { refuse }: TermContext): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(offset);
  if (match === null) return 0;
  const [, sign, hours, minutes = '0'] = match;
  if (Number(hours) > 14 || Number(minutes) > 59)
    refuse('has an offset that no place uses: they go from -12:00 to +14:00');
  return (sign === '-' ? -1 : 1) * (Number(hours) * hourLength + Number(minutes) * minuteLength);
}

/** ISO 8601: week 1 is the one with the fourth of January. */
function weekSpan(year: number, week: number, day: string | undefined, context: TermContext): Span {
  const start = addUnits(startOf('week', wallTime(year, 1, 4)), week - 1, 'week');
  const thursdayYear = wallFields(addUnits(start, 3, 'day')).year;
  if (thursdayYear !== year) context.refuse(`names week ${week}, which ${year} does not have`);
  if (day === undefined) return unitSpan(start, 'week', context);
  const number = Number(day);
  if (number < 1 || number > 7) context.refuse(`names day ${number} of a week, and a week has 7`);
  return unitSpan(addUnits(start, number - 1, 'day'), 'day', context);
}

/** The latest such day or month that has begun; from `notBefore` on, the first one. Leap days skip years. */
function yearlessSpan(month: number, day: number | undefined, context: TermContext): Span {
  const most = daysInMonth(leapYear, month);
  if (month < 1 || month > 12) context.refuse(`names month ${month}, and a year has 12`);
  if (day !== undefined && (day < 1 || day > most))
    context.refuse(`names day ${day}, and that month has ${most} at most`);
  const { notBefore } = context;
  const base = notBefore ?? wallNow(context);
  const step = notBefore === undefined ? -1 : 1;
  const unit = day === undefined ? 'month' : 'day';
  const edge = startOf(unit, base);
  for (let year = wallFields(base).year; ; year += step) {
    if ((day ?? 1) > daysInMonth(year, month)) continue;
    const start = wallTime(year, month, day ?? 1);
    if (step < 0 ? start <= edge : start >= edge) return unitSpan(start, unit, context);
  }
}

/** A bare day of the month means something only beside a date: "3月1日から5日". */
function dayOfMonthSpan(day: number, context: TermContext): Span {
  const { notBefore, refuse } = context;
  if (notBefore === undefined) return refuse('names a day without its month');
  const { year, month } = wallFields(notBefore);
  return daySpan(year, month, day, context);
}

/** 1 to 12. */
export function monthNamed(name = ''): number {
  return monthNames.findIndex((month) => month.startsWith(name.slice(0, 3))) + 1;
}
