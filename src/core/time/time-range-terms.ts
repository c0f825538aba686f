/**
 * One term of a date range: a name ("yesterday", "last week", "monday"), a distance ("3 days ago", "last 7 days"), a
 * part of either ("monday of last week", "yesterday evening"), or a date. Each reading is a span of instants.
 */
import { dayLength, hourLength, minuteLength } from './durations.ts';
import { readDate } from './time-range-dates.ts';
import { type Span, spanBetween, type TermContext, wallNow } from './time-range-span.ts';
import { englishTerm } from './time-range-words.ts';
import { instantAt, wallTimeAt } from './time-zone.ts';
import { addUnits, type CalendarUnit, startOf, wallFields } from './wall-time.ts';

/** The span of a tidied term in either language, or `undefined`. */
export function readTerm(term: string, context: TermContext): Span | undefined {
  return readEnglish(englishTerm(term), context) ?? readMention(term, context);
}

function readEnglish(term: string, context: TermContext): Span | undefined {
  const words = term
    .replace(/^(?:(?:in|on|during|within|over|for) )?(?:the )?/, '')
    .replace(/\bday before yesterday\b/, '2 days ago')
    .replace(/\b(week|month|year) before last\b/, '2 $1s ago');
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
const calendarUnit = '(day|week|month|year)s?';

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
  [/^tonight$/, (_, context) => partOfDay('today', 'evening', context)],
  [/^last (?:night|evening)$/, (_, context) => lastNight(context)],
  [/^this (morning|afternoon|evening)$/, ([part], context) => partOfDay('today', part, context)],
  [new RegExp(`^this ${calendarUnit}$`), ([unit], context) => unitsAgo(0, unitNamed(unit), context)],
  [new RegExp(`^(?:last|previous) ${calendarUnit}$`), ([unit], context) => unitsAgo(1, unitNamed(unit), context)],
  [
    new RegExp(`^(\\d{1,5}) ${calendarUnit} (?:ago|back)$`),
    ([count, unit], context) => unitsAgo(Number(count), unitNamed(unit), context),
  ],
  [/^(\d{1,5}) hours? ago$/, ([count], context) => hoursAgo(Number(count), context)],
  [
    new RegExp(`^(?:last|past|previous|recent) (\\d{1,5}) ${calendarUnit}$`),
    ([count, unit], context) => lastUnits(Number(count), unitNamed(unit), context),
  ],
  [
    new RegExp(`^(\\d{1,5}) ${calendarUnit}$`),
    ([count, unit], context) => lastUnits(Number(count), unitNamed(unit), context),
  ],
  [/^recent$/, (_, context) => lastUnits(recentDays, 'day', context)],
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
  [/^(?:(this|last) )?weekend$/, ([which], context) => weekend(which === 'last' ? 1 : 0, context)],
  [
    /^(.+?) (morning|afternoon(?: and evening)?|evening|night)$/,
    ([day, part], context) => partOfDay(day, part, context),
  ],
  [new RegExp(`^${weekday} ((?:this|last) week)$`), ([name, week], context) => within(name, week, context)],
  [new RegExp(`^((?:this|last) week) ${weekday}$`), ([week, name], context) => within(name, week, context)],
  [/^(.+) (?:of|in) (.+)$/, ([inner, outer], context) => within(inner, outer, context)],
];

/** A unit in full, or by the short form of "7d", "2w", "3mo", "1y". */
function unitNamed(name = ''): CalendarUnit {
  if (name.startsWith('d')) return 'day';
  if (name.startsWith('w')) return 'week';
  return name.startsWith('m') ? 'month' : 'year';
}

/** The whole unit, `count` units before the one that holds now. */
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

function lastLength(length: number, { now }: TermContext): Span {
  return { from: now - length, before: now + 1 };
}

function hoursAgo(count: number, { now, timeZone }: TermContext): Span {
  const then = now - count * hourLength;
  const from = then - (wallTimeAt(then, timeZone) % hourLength);
  return { from, before: from + hourLength };
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

function weekend(weeksAgo: number, context: TermContext): Span {
  const monday = addUnits(startOf('week', wallNow(context)), -weeksAgo, 'week');
  return spanBetween(monday + 5 * dayLength, monday + 7 * dayLength, context);
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

/** The first `inner` inside `outer`: "monday of last week", "march of last year". */
function within(inner: string | undefined, outer: string | undefined, context: TermContext): Span | undefined {
  const around = readEnglish(outer ?? '', context);
  if (around === undefined) return undefined;
  const span = readEnglish(inner ?? '', { ...context, notBefore: wallTimeAt(around.from, context.timeZone) });
  return span !== undefined && span.from >= around.from && span.before <= around.before ? span : undefined;
}
