/**
 * One term of a date range: a name ("yesterday", "next week", "monday"), a distance ("3 days ago", "in 2 weeks", "last
 * 7 days"), a part of either ("monday of last week", "march 3rd last year", "yesterday evening"), a quarter or season,
 * or a date. Each reading is a span of instants.
 */
import { dayLength, hourLength, minuteLength } from './durations.ts';
import { localWeekday } from './local-time.ts';
import { monthName, monthNamed, readDate, spanOfMonth } from './time-range-dates.ts';
import { lastYearly, nextYearly, readPeriod, thirdOfMonth } from './time-range-periods.ts';
import { onlyReading, type Span, spanBetween, type TermContext, wallNow } from './time-range-span.ts';
import { englishTerm } from './time-range-words.ts';
import { instantAt, wallTimeAt } from './time-zone.ts';
import { addUnits, type CalendarUnit, startOf, wallFields } from './wall-time.ts';

/** The span of a tidied term in either language, or `undefined`. */
export function readTerm(term: string, context: TermContext): Span | undefined {
  return readEnglish(englishTerm(term), context) ?? readMention(term, context);
}

function readEnglish(term: string, context: TermContext): Span | undefined {
  const words = term
    .replace(new RegExp(`^in (\\d{1,5} (?:minutes?|hours?|${calendarUnit}))$`), '$1 from now')
    .replace(/^(?:(?:in|on|during|within|over|for) )?(?:the )?/, '')
    .replace(/\bday before yesterday\b/, '2 days ago')
    .replace(/\bday after tomorrow\b/, '2 days from now')
    .replace(/\b(week|month|quarter|year) before last\b/, '2 $1s ago')
    .replace(/\b(week|month|quarter|year) after next\b/, '2 $1s from now');
  const period = readPeriod(words, context);
  if (period !== undefined) return period;
  for (const [pattern, read] of readings) {
    const match = pattern.exec(words);
    if (match !== null) return read(match.slice(1), context);
  }
  return readDate(words, context);
}

/** The original took every text with "N days ago" or "N日前" in it; so do we, where that is its only number. */
function readMention(term: string, context: TermContext): Span | undefined {
  const mention = /^\D*?(\d{1,5}) ?(?:日前|days? ago)\D*$/.exec(term);
  return mention === null ? undefined : unitsAgo(Number(mention[1]), 'day', context);
}

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const weekday = `(${weekdays.map((name) => `${name}|${name.slice(0, 3)}`).join('|')}|tues|thurs?)`;
const calendarUnit = '(day|week|month|quarter|year)s?';
/** A month or a year, named from today. */
const outerUnit = '((?:last|previous|this) (?:month|year)|\\d{1,3} (?:month|year)s? ago)';
const later = '(?:from now|from today|later|ahead|hence)';

/** What people mean by "recent" is a matter of weeks. */
const recentDays = 30;

const dayParts: Readonly<Record<string, readonly [number, number]>> = {
  morning: [0, 12],
  afternoon: [12, 18],
  'afternoon and evening': [12, 24],
  evening: [18, 24],
  night: [18, 24],
};

type Reading = (groups: string[], context: TermContext) => Span | undefined;

/** Longer forms first where one begins like another. */
const readings: ReadonlyArray<readonly [RegExp, Reading]> = [
  [/^now$/, (_, { now }) => ({ from: now, before: now + 1 })],
  [/^today$/, (_, context) => unitsAgo(0, 'day', context)],
  [/^yesterday$/, (_, context) => unitsAgo(1, 'day', context)],
  [/^tomorrow$/, (_, context) => unitsAgo(-1, 'day', context)],
  [/^tonight$/, (_, context) => partOfDay('today', 'evening', context)],
  [/^last (?:night|evening)$/, (_, context) => lastNight(context)],
  [/^this (morning|afternoon|evening)$/, ([part], context) => partOfDay('today', part, context)],
  [new RegExp(`^this ${calendarUnit}$`), ([unit], context) => unitsAgo(0, unitNamed(unit), context)],
  [new RegExp(`^(?:last|previous) ${calendarUnit}$`), ([unit], context) => unitsAgo(1, unitNamed(unit), context)],
  [
    new RegExp(`^(\\d{1,5}) ${calendarUnit} (?:ago|back)$`),
    ([count, unit], context) => unitsAgo(Number(count), unitNamed(unit), context),
  ],
  [new RegExp(`^(?:next|coming) ${calendarUnit}$`), ([unit], context) => unitsAgo(-1, unitNamed(unit), context)],
  [
    new RegExp(`^(\\d{1,5}) ${calendarUnit} ${later}$`),
    ([count, unit], context) => unitsAgo(-Number(count), unitNamed(unit), context),
  ],
  [/^(\d{1,5}) hours? ago$/, ([count], context) => clockUnitAgo(Number(count), hourLength, context)],
  [/^(\d{1,5}) minutes? ago$/, ([count], context) => clockUnitAgo(Number(count), minuteLength, context)],
  [new RegExp(`^(\\d{1,5}) hours? ${later}$`), ([count], context) => clockUnitAgo(-Number(count), hourLength, context)],
  [
    new RegExp(`^(\\d{1,5}) minutes? ${later}$`),
    ([count], context) => clockUnitAgo(-Number(count), minuteLength, context),
  ],
  [
    new RegExp(`^(?:last|past|previous|recent) (\\d{1,5}) ${calendarUnit}$`),
    ([count, unit], context) => lastUnits(Number(count), unitNamed(unit), context),
  ],
  [
    new RegExp(`^(\\d{1,5}) ${calendarUnit}$`),
    ([count, unit], context) => lastUnits(Number(count), unitNamed(unit), context),
  ],
  [
    new RegExp(`^(?:next|coming|following) (\\d{1,5}) ${calendarUnit}$`),
    ([count, unit], context) => nextUnits(Number(count), unitNamed(unit), context),
  ],
  [/^(?:recent(?:ly)?|lately|these days)$/, (_, context) => lastUnits(recentDays, 'day', context)],
  [new RegExp(`^past ${calendarUnit}$`), ([unit], context) => lastUnits(1, unitNamed(unit), context)],
  [/^(\d{1,5}) ?(d|w|mo|y)$/, ([count, letter], context) => lastUnits(Number(count), unitNamed(letter), context)],
  [
    /^(?:(?:last|past|previous) )?(\d{1,5}) ?(?:h|hours?|hrs?)$/,
    ([count], context) => lastLength(Number(count) * hourLength, context),
  ],
  [
    /^(?:last|past) (\d{1,5}) ?(?:min|minutes?)$/,
    ([count], context) => lastLength(Number(count) * minuteLength, context),
  ],
  [/^(?:last|past) hour$/, (_, context) => lastLength(hourLength, context)],
  [new RegExp(`^${weekday}$`), ([name], context) => weekdaySpan(name, 0, context)],
  [new RegExp(`^(?:last|previous|past) ${weekday}$`), ([name], context) => weekdaySpan(name, 1, context)],
  [new RegExp(`^this ${weekday}$`), ([name], context) => within(name, 'this week', context)],
  [new RegExp(`^coming ${weekday}$`), ([name], context) => comingWeekday(name, context)],
  [new RegExp(`^next ${weekday}$`), ([name], context) => nextWeekday(name, context)],
  [/^(?:(this|last) )?weekend$/, ([which], context) => weekend(which === 'last' ? -1 : 0, context)],
  [/^weekend of next week$/, (_, context) => weekend(1, context)],
  [/^next weekend$/, (_, context) => nextWeekend(context)],
  [
    new RegExp(`^last ${monthName}$`),
    ([name], context) => lastYearly((year) => spanOfMonth(year, monthNamed(name), context), context),
  ],
  [
    new RegExp(`^next ${monthName}$`),
    ([name], context) => nextYearly((year) => spanOfMonth(year, monthNamed(name), context), context),
  ],
  [
    /^(.+?) (morning|afternoon(?: and evening)?|evening|night)$/,
    ([day, part], context) => partOfDay(day, part, context),
  ],
  [new RegExp(`^${weekday} ((?:this|last|next) week)$`), ([name, week], context) => within(name, week, context)],
  [new RegExp(`^((?:this|last|next) week) ${weekday}$`), ([week, name], context) => within(name, week, context)],
  [new RegExp(`^(.+\\d),? \\(${weekday}\\)$`), ([date, name], context) => datedWeekday(date, name, context)],
  [new RegExp(`^${weekday},? (?=.*\\d)(.+)$`), ([name, date], context) => datedWeekday(date, name, context)],
  [/^(early|mid|late)[- ](.+)$/, ([third, month], context) => partOfMonth(third, month, context)],
  [/^(.+) (?:of|in) (.+)$/, ([inner, outer], context) => within(inner, outer, context)],
  [new RegExp(`^(.+?),? (?:on )?${outerUnit}$`), ([inner, outer], context) => within(inner, outer, context)],
  [
    new RegExp(`^${outerUnit}(?:['’]s|,)?(?: on)?(?: the)? (.+)$`),
    ([outer, inner], context) => within(inner, outer, context),
  ],
  [/^last (.+)$/, ([date], context) => latestOver(date, context)],
];

/** A unit in full, or by the short form of "7d", "2w", "3mo", "1y". */
function unitNamed(name = ''): CalendarUnit {
  if (name.startsWith('d')) return 'day';
  if (name.startsWith('w')) return 'week';
  if (name.startsWith('q')) return 'quarter';
  return name.startsWith('m') ? 'month' : 'year';
}

/** The whole unit, `count` units before the one that holds now; after it where `count` is negative. */
function unitsAgo(count: number, unit: CalendarUnit, context: TermContext): Span {
  // Counted from the start of the unit: a month before the 31st would otherwise be the same month.
  const start = addUnits(startOf(unit, wallNow(context)), -count, unit);
  return spanBetween(start, addUnits(start, 1, unit), context);
}

/** The whole days from the one that many units ago (on the last of its month where that is shorter) up to today. */
function lastUnits(count: number, unit: CalendarUnit, context: TermContext): Span {
  const today = startOf('day', wallNow(context));
  return spanBetween(addUnits(today, -count, unit), today + dayLength, context);
}

/** The whole days from today up to the one in so many units. */
function nextUnits(count: number, unit: CalendarUnit, context: TermContext): Span {
  const today = startOf('day', wallNow(context));
  return spanBetween(today, addUnits(today, count, unit) + dayLength, context);
}

function lastLength(length: number, { now }: TermContext): Span {
  return { from: now - length, before: now + 1 };
}

/** The whole hour or minute, so many of them before now. */
function clockUnitAgo(count: number, length: number, { now, timeZone }: TermContext): Span {
  const then = now - count * length;
  const from = then - (wallTimeAt(then, timeZone) % length);
  return { from, before: from + length };
}

/** The latest day of that name, today included unless `earlier` is 1; from `notBefore` on the first one. */
function weekdaySpan(name: string | undefined, earlier: number, context: TermContext): Span {
  const wanted = weekdays.findIndex((day) => day.startsWith((name ?? '').slice(0, 3)));
  const { notBefore } = context;
  const base = startOf('day', notBefore ?? wallNow(context) - earlier * dayLength);
  const away = (wanted - wallFields(base).weekday + 7) % 7;
  const day = base + (notBefore === undefined && away > 0 ? away - 7 : away) * dayLength;
  return spanBetween(day, day + dayLength, context);
}

/** A date with its weekday: "2026-11-20 (Fri)". A wrong one is refused, since either may be the slip. */
function datedWeekday(date: string | undefined, name: string | undefined, context: TermContext): Span | undefined {
  const span = readEnglish(date ?? '', context);
  if (span === undefined) return undefined;
  const weekdayThere = localWeekday(new Date(span.from), context.timeZone);
  if (weekdayThere.toLowerCase().startsWith((name ?? '').slice(0, 3))) return span;
  return context.refuse(`names a weekday that is not that of its date, a ${weekdayThere}`);
}

/** The first day of that name after today. */
function comingWeekday(name: string | undefined, context: TermContext): Span {
  return weekdaySpan(name, 0, { ...context, notBefore: wallNow(context) + dayLength });
}

/** Said on a Wednesday, "next Friday" is in two days for some and in nine for others. */
function nextWeekday(name: string | undefined, context: TermContext): Span | undefined {
  const ofNextWeek = within(name, 'next week', context);
  return ofNextWeek === undefined ? undefined : onlyReading([comingWeekday(name, context), ofNextWeek], context);
}

function weekend(weeksAhead: number, context: TermContext): Span {
  const monday = addUnits(startOf('week', wallNow(context)), weeksAhead, 'week');
  return spanBetween(monday + 5 * dayLength, monday + 7 * dayLength, context);
}

/** Before Saturday, the weekend of this week may be meant or that of the next. */
function nextWeekend(context: TermContext): Span | undefined {
  const [coming, following] = [weekend(0, context), weekend(1, context)];
  return onlyReading(coming.from > context.now ? [coming, following] : [following], context);
}

/** From six in the evening of yesterday to six this morning: what was said after midnight belongs to the night too. */
function lastNight(context: TermContext): Span {
  const today = startOf('day', wallNow(context));
  return spanBetween(today - 6 * hourLength, today + 6 * hourLength, context);
}

function partOfDay(day: string | undefined, part: string | undefined, context: TermContext): Span | undefined {
  const span = readEnglish(day ?? '', context);
  const hours = dayParts[part ?? ''];
  if (span === undefined || hours === undefined) return undefined;
  const midnight = wallTimeAt(span.from, context.timeZone);
  const whole = instantAt(midnight + dayLength, context.timeZone);
  if (whole !== span.before) return undefined;
  return spanBetween(midnight + hours[0] * hourLength, midnight + hours[1] * hourLength, context);
}

function partOfMonth(third: string | undefined, month: string | undefined, context: TermContext): Span | undefined {
  const span = readEnglish(month ?? '', context);
  return span === undefined ? undefined : thirdOfMonth(third, span, context);
}

/** The latest such day that is over: on 11 March, "last march 11th" is that of the year before. Only without a year. */
function latestOver(date: string | undefined, context: TermContext): Span | undefined {
  if (date === undefined || /\d{3}/.test(date)) return undefined;
  const latest = readDate(date, { ...context, notBefore: undefined });
  if (latest === undefined || latest.before <= context.now) return latest;
  return readDate(date, { ...context, now: latest.from - 1, notBefore: undefined });
}

/** The first `inner` inside `outer`: "monday of last week", "march of last year". */
function within(inner: string | undefined, outer: string | undefined, context: TermContext): Span | undefined {
  const around = readEnglish(outer ?? '', context);
  if (around === undefined) return undefined;
  const span = readEnglish(inner ?? '', { ...context, notBefore: wallTimeAt(around.from, context.timeZone) });
  return span !== undefined && span.from >= around.from && span.before <= around.before ? span : undefined;
}
