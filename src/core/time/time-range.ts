/**
 * A stretch of time as people and models write it, in English or Japanese: "today", "3日前", "last 7 days", "2026-03",
 * "2026-03-01..2026-03-15", "先月から". This file splits a range into its sides; `time-range-terms.ts` reads one side.
 * Every side names a whole (a day, a week, a month, the minute of a time) and both ends of a range are part of it.
 */
import { MemoryMcpError } from '../errors.ts';
import type { Timestamp } from '../memory.ts';
import { quoteForMessage } from '../text/visible-text.ts';
import { monthName } from './time-range-dates.ts';
import { outsideYears, type Span, type TermContext } from './time-range-span.ts';
import { readTerm } from './time-range-terms.ts';
import { tidyRangeText } from './time-range-words.ts';
import { wallTimeAt } from './time-zone.ts';

export interface TimeRange {
  /** Inclusive. */
  readonly from?: Timestamp;
  /** Exclusive. */
  readonly before?: Timestamp;
}

export interface TimeRangeContext {
  readonly now: Date;
  /** IANA name. */
  readonly timeZone: string;
}

const timeRangeExamples =
  'today, yesterday, last week, next week, 3 days ago, last 7 days, 2026-03, 2026-03-01..2026-03-15, Q3 2026, ' +
  'last summer, since monday; 今日, 昨日, 先週, 来週, 3日前, 過去7日間, 2026年3月, 3月1日から3月15日まで, 11月上旬, ' +
  '今年度, 先月以降';

const longestText = 200;

/** How the two sides of a range are written. `from` and `to` include what they name; `after` and `before` do not. */
const rangeForms: readonly RegExp[] = [
  /^(?:from )?(?<from>.*?) ?(?:\.{2,3}|~) ?(?<to>.*)$/,
  /^(?:until|till|up to|through) (?<to>.+)$/,
  /^between (?<from>.+) and (?<to>.+)$/,
  /^(?:since|from) (?<from>.+?) (?:to|until|till|through|up to) (?<to>.+)$/,
  /^(?<from>.+?) (?:to|until|till|through) (?<to>.+)$/,
  /^(?:since|from|starting) (?<from>.+)$/,
  /^(?<from>.+) (?:or later|onwards?)$/,
  /^after (?<after>.+)$/,
  /^(?<to>.+) or earlier$/,
  /^(?:before|earlier than) (?<before>.+)$/,
  /^(?<from>.+?)から(?<to>.*?)(?:まで(?:に|の間)?|の間)?$/,
  /^(?<from>.+?)(?:以降|以来|以後)$/,
  /^(?<after>.+?)より(?:後|あと)$/,
  /^(?<before>.+?)より(?:前|まえ)$/,
  /^(?<to>.+?)(?:まで(?:に)?|以前)$/,
  /^(?<from>\d{4}-\S+)\/(?<to>\d{4}-\S+)$/,
  /^(?<from>\d{4}[-/.][^\s,]+) ?, ?(?<to>\d{4}[-/.]\S+)$/,
  /^(?<from>.+?)(?: - | ?[–—] ?)(?<to>.+)$/,
  // A hyphen stands inside dates as well: it divides 11/1-11/20, 11月1日-20日, Nov 1-Dec 3 and Q1-Q3 2026, not 2026-11.
  /^(?<from>[rhst]?\d[\d/.]*[/.]\d+)-(?<to>[rhst]?\d.*)$/,
  /^(?<from>.*\d[月日年])-(?<to>\d.*)$/,
  /^(?<from>(?:\d{4}-?)?q[1-4](?: \d{4})?)-(?<to>.*q[1-4].*)$/,
  new RegExp(`^(?<from>${monthName}(?: \\d{1,2})?(?:,? \\d{4})?)-(?<to>${monthName}.*)$`),
];

/** Ranges of days of one month that name it once. */
const sharedMonths: ReadonlyArray<readonly [RegExp, string]> = [
  [new RegExp(`^${monthName} (\\d{1,2}) ?[-–—~] ?(\\d{1,2})(?:,? (\\d{4}))?$`), '$1 $2 $4 .. $1 $3 $4'],
  [new RegExp(`^(\\d{1,2}) ?[-–—~] ?(\\d{1,2}) ${monthName}(?:,? (\\d{4}))?$`), '$3 $1 $4 .. $3 $2 $4'],
  [/^((?:\d{4}年)?\d{1,2}月)(\d{1,2}) ?[-–—~] ?(\d{1,2})日$/, '$1$2日 .. $3日'],
];

/** A date that takes its year from the other side: the first one of "Nov 1 - Dec 3, 2026". */
const yearlessDate = new RegExp(
  `^(?:\\d{1,2}/\\d{1,2}|\\d{1,2}月(?:\\d{1,2}日)?|${monthName}(?: \\d{1,2})?|\\d{1,2} ${monthName}|[qh][1-4])$`,
);
const datedYear = /\b\d{4}(?:\b|年|q)/;

/**
 * The range that `text` means at `now` in `timeZone`, in UTC: whole local days, weeks from Monday, months and years,
 * 23 or 25 hours long where daylight saving makes them so. `invalid_input`, with examples, for anything else.
 */
export function parseTimeRange(text: string, { now, timeZone }: TimeRangeContext): TimeRange {
  const refuse = (reason: string): never => {
    throw new MemoryMcpError('invalid_input', `date_range ${quoteForMessage(text)} ${reason}`, {
      hint: `Write it like one of these: ${timeRangeExamples}.`,
    });
  };
  if (text.length > longestText) refuse(`is longer than the ${longestText} characters a range may have`);
  const tidy = tidyRangeText(text);
  if (tidy === '') refuse('is empty');

  const context: TermContext = { now: now.getTime(), timeZone, refuse };
  const { from, before } = rangeOf(tidy, context) ?? readTerm(tidy, context) ?? refuse('is not understood');
  if (from !== undefined && before !== undefined && from >= before) {
    refuse(from > before ? 'ends before it begins' : `holds no time in ${timeZone}`);
  }
  return {
    ...(from === undefined ? {} : { from: timestampOf(from, refuse) }),
    ...(before === undefined ? {} : { before: timestampOf(before, refuse) }),
  };
}

function rangeOf(text: string, context: TermContext): Partial<Span> | undefined {
  const range = sharedMonths.reduce((shared, [form, sides]) => shared.replace(form, sides), text);
  for (const form of rangeForms) {
    const sides = form.exec(range)?.groups;
    if (sides === undefined) continue;
    const { from, to, after, before } = sides;
    const end =
      from !== undefined && yearlessDate.test(from) && datedYear.test(to ?? '') ? readSide(to, context) : undefined;
    const first = readSide(from ?? after, end === undefined ? context : { ...context, now: end.from });
    // A side without a year is the first such date at or after the other side: "12月から3月".
    const notBefore = first === undefined ? undefined : wallTimeAt(first.from, context.timeZone);
    const last = readSide(to ?? before, { ...context, notBefore });
    if (first === undefined && last === undefined) continue;
    return {
      ...(first === undefined ? {} : { from: after === undefined ? first.from : first.before }),
      ...(last === undefined ? {} : { before: before === undefined ? last.before : last.from }),
    };
  }
  return undefined;
}

/** `undefined` for a side left open. A side that cannot be read ends the search: the text was meant as a range. */
function readSide(side: string | undefined, context: TermContext): Span | undefined {
  const term = side?.trim() ?? '';
  return term === ''
    ? undefined
    : (readTerm(term, context) ?? context.refuse(`is not understood at ${quoteForMessage(term)}`));
}

/** Only years of four digits sort as text. */
export function timestampOf(instant: number, refuse: (reason: string) => never): Timestamp {
  const date = new Date(instant);
  const year = date.getUTCFullYear();
  return year >= 1000 && year <= 9999 ? date.toISOString() : refuse(outsideYears);
}
