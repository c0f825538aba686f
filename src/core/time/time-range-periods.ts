/**
 * The parts of a year that are no months: quarters, halves, seasons, thirds of a month, and the Japanese year from
 * April (年度, "nendo" in the translation). What two people would read differently is refused with both readings: the
 * winter of a year, a fiscal year, a 四半期 without 年度.
 */
import { onlyReading, type Span, spanBetween, type TermContext, wallNow } from './time-range-span.ts';
import { wallTimeAt } from './time-zone.ts';
import { addUnits, startOf, wallFields, wallTime } from './wall-time.ts';

/** The first month of each season. */
const northernSeasons: Readonly<Record<string, number>> = { spring: 3, summer: 6, autumn: 9, fall: 9, winter: 12 };
const southernSeasons: Readonly<Record<string, number>> = { spring: 9, summer: 12, autumn: 3, fall: 3, winter: 6 };
const southernZones = new RegExp(
  [
    '^(?:Australia|Antarctica|America/Argentina)/',
    '^America/(?:Buenos_Aires|Santiago|Punta_Arenas|Sao_Paulo|Montevideo|Asuncion)$',
    '^Africa/(?:Johannesburg|Maputo|Harare|Windhoek|Gaborone|Maseru|Mbabane)$',
    '^Pacific/(?:Auckland|Chatham)$',
  ].join('|'),
);
const season = '(spring|summer|autumn|fall|winter)';
const nendo = '(\\d{4}|this|last|next) nendo';

type Groups = ReadonlyArray<string | undefined>;
type Reading = (groups: Groups, context: TermContext) => Span | undefined;

const readings: ReadonlyArray<readonly [RegExp, Reading]> = [
  [/^(\d{4})[- ]?(q[1-4]|h[12])$/, ([year, part], context) => partOfYear(Number(year), part, context)],
  [/^(q[1-4]|h[12])(?:[- /]| of )?(\d{4})$/, ([part, year], context) => partOfYear(Number(year), part, context)],
  [/^(q[1-4]|h[12])$/, ([part], context) => yearly((year) => partOfYear(year, part, context), context)],
  [
    /^(\d{4}|this|last|next)(?: years?)? (?:han|shihan)ki ([qh]\d)$/,
    ([year, part], context) => partOfEither(yearNamed(year, context), part, context),
  ],
  [/^(?:han|shihan)ki ([qh]\d)$/, ([part], context) => partOfEither(undefined, part, context)],
  [new RegExp(`^${nendo}$`), ([year], context) => partOfNendo(yearNamed(year, context, 4), undefined, context)],
  [
    new RegExp(`^${nendo} (?:han|shihan)ki ([qh]\\d)$`),
    ([year, part], context) => partOfNendo(yearNamed(year, context, 4), part, context),
  ],
  [/^(?:fy|fiscal(?: year)?) ?((?:20)?\d{2})$/, ([year], context) => fiscalYear(2000 + (Number(year) % 100), context)],
  [/^(this|last|next) (?:fy|fiscal year)$/, ([year], context) => fiscalYear(yearNamed(year, context), context)],
  [new RegExp(`^${season}$`), ([name], context) => yearly((year) => seasonFrom(name, year, context), context)],
  [new RegExp(`^(this|last|next) ${season}$`), ([which, name], context) => seasonNear(which, name, context)],
  [new RegExp(`^${season}(?: of|,)? (\\d{4})$`), ([name, year], context) => seasonIn(name, Number(year), context)],
  [
    new RegExp(`^${season} of (this|last|next|\\d) years?(?: ago)?$`),
    ([name, year], context) => seasonIn(name, yearNamed(year, context), context),
  ],
];

/** The span of such a part in tidied English, or `undefined`. */
export function readPeriod(text: string, context: TermContext): Span | undefined {
  for (const [pattern, read] of readings) {
    const match = pattern.exec(text);
    if (match !== null) return read(match.slice(1), context);
  }
  return undefined;
}

/** The first ten days of a month, the ten after them, or its rest; `undefined` where `span` is no month. */
export function thirdOfMonth(third: string | undefined, span: Span, context: TermContext): Span | undefined {
  const start = wallTimeAt(span.from, context.timeZone);
  const end = addUnits(start, 1, 'month');
  if (startOf('month', start) !== start || spanBetween(start, end, context).before !== span.before) return undefined;
  const [eleventh, twentyFirst] = [addUnits(start, 10, 'day'), addUnits(start, 20, 'day')];
  if (third === 'early') return spanBetween(start, eleventh, context);
  return third === 'mid' ? spanBetween(eleventh, twentyFirst, context) : spanBetween(twentyFirst, end, context);
}

/** What comes round each year, ahead: "next summer". In March that of this year may be meant, or that of the next. */
export function nextYearly(spanOf: (year: number) => Span, context: TermContext): Span | undefined {
  const { year } = wallFields(wallNow(context));
  const ofThisYear = spanOf(year);
  const ofNextYear = spanOf(year + 1);
  return onlyReading(ofThisYear.from > context.now ? [ofThisYear, ofNextYear] : [ofNextYear], context);
}

/** What comes round each year, when it was over last. */
export function lastYearly(spanOf: (year: number) => Span, context: TermContext): Span | undefined {
  const { year } = wallFields(wallNow(context));
  return [year, year - 1, year - 2].map(spanOf).find(({ before }) => before <= context.now);
}

/** The latest that has begun; from `notBefore` on, the first one. */
function yearly(spanOf: (year: number) => Span, context: TermContext): Span | undefined {
  const { notBefore, now, timeZone } = context;
  const { year } = wallFields(notBefore ?? wallNow(context));
  if (notBefore === undefined) return [year, year - 1].map(spanOf).find(({ from }) => from <= now);
  return [year, year + 1].map(spanOf).find(({ from }) => wallTimeAt(from, timeZone) >= notBefore);
}

function monthsFrom(year: number, month: number, count: number, context: TermContext): Span {
  return spanBetween(wallTime(year, month, 1), wallTime(year, month + count, 1), context);
}

/** A quarter ("q3"), a half ("h2") or all of the twelve months from `firstMonth` on. */
function partOfTwelve(year: number, firstMonth: number, part: string | undefined, context: TermContext): Span {
  if (part === undefined) return monthsFrom(year, firstMonth, 12, context);
  const length = part.startsWith('q') ? 3 : 6;
  return monthsFrom(year, firstMonth + length * (Number(part.slice(1)) - 1), length, context);
}

function partOfYear(year: number, part: string | undefined, context: TermContext): Span {
  return partOfTwelve(year, 1, part, context);
}

function partOfNendo(year: number, part: string | undefined, context: TermContext): Span {
  return partOfTwelve(year, 4, part, context);
}

/** Japanese companies count quarters and halves from January or from April. */
function partOfEither(year: number | undefined, part: string | undefined, context: TermContext): Span | undefined {
  const readings = [partOfYear, partOfNendo].map((partOf) =>
    year === undefined ? yearly((each) => partOf(each, part, context), context) : partOf(year, part, context),
  );
  return onlyReading(
    readings.filter((span) => span !== undefined),
    context,
  );
}

/** That of the United States' government begins in October of the year before; elsewhere it is April, July or January. */
function fiscalYear(year: number, context: TermContext): Span | undefined {
  return onlyReading([monthsFrom(year - 1, 10, 12, context), monthsFrom(year, 4, 12, context)], context);
}

/** The number of a year: written out, "this", "last", "next", or so many years ago; years begin in `firstMonth`. */
function yearNamed(name: string | undefined, context: TermContext, firstMonth = 1): number {
  if (name !== undefined && /^\d{4}$/.test(name)) return Number(name);
  const { year, month } = wallFields(wallNow(context));
  const current = month < firstMonth ? year - 1 : year;
  if (name === 'next') return current + 1;
  return name === 'this' ? current : current - (name === 'last' ? 1 : Number(name));
}

/** `name` in English. Half a year later in time zones of the temperate south. */
export function firstMonthOf(name: string | undefined, { timeZone }: Pick<TermContext, 'timeZone'>): number {
  return (southernZones.test(timeZone) ? southernSeasons : northernSeasons)[name ?? ''] ?? 1;
}

function seasonFrom(name: string | undefined, year: number, context: TermContext): Span {
  return monthsFrom(year, firstMonthOf(name, context), 3, context);
}

/** The season from December on lies in two years, and a year has the end of one and the beginning of another. */
function seasonIn(name: string | undefined, year: number, context: TermContext): Span | undefined {
  const crosses = firstMonthOf(name, context) === 12;
  return onlyReading(
    (crosses ? [year - 1, year] : [year]).map((each) => seasonFrom(name, each, context)),
    context,
  );
}

function seasonNear(which: string | undefined, name: string | undefined, context: TermContext): Span | undefined {
  const spanOf = (year: number) => seasonFrom(name, year, context);
  if (which === 'last') return lastYearly(spanOf, context);
  if (which === 'next') return nextYearly(spanOf, context);
  const { year } = wallFields(wallNow(context));
  const around = [spanOf(year - 1), spanOf(year)];
  const current = around.find(({ from, before }) => from <= context.now && context.now < before);
  return current ?? seasonIn(name, year, context);
}
