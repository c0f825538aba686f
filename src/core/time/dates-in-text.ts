/**
 * The dates that a question names, in English or Japanese: "in March 2023", "on 3 June", "last spring", 去年の夏, 先週,
 * 三日前. What is no date is passed over. "today" and "recently" are left out, since people say them without asking for a time.
 */
import { firstMonthOf } from './time-range-periods.ts';
import type { Span, TermContext } from './time-range-span.ts';
import { readTerm } from './time-range-terms.ts';
import { tidyRangeText } from './time-range-words.ts';
import { instantAt, wallTimeAt } from './time-zone.ts';
import { wallFields, wallTime } from './wall-time.ts';

/** A month or day without a year may be that of any of so many years. */
const remembered = 10;
const japaneseSeasons: Readonly<Record<string, string>> = { 春: 'spring', 夏: 'summer', 秋: 'autumn', 冬: 'winter' };
const yearsBefore: Readonly<Record<string, number>> = {
  ...{ 今年: 0, 去年: 1, 昨年: 1, 一昨年: 2, おととし: 2 },
  ...{ 'this year': 0, 'last year': 1, 'year before last': 2 },
};

const month =
  '(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\\.?';
/** These two are other words as well. */
const plainMonth = '(?:january|february|april|june|july|august|september|october|november|december)';
const day = '\\d{1,2}(?:st|nd|rd|th)?';
const weekday = '(?:mon|tues|wednes|thurs|fri|satur|sun)day';
const year = '(?:19|20)\\d\\d';
const unit = '(?:day|week|month|year)s?';
const ordinal = '\\d{1,2}(?:st|nd|rd|th)';
/** "In May", but not "it may". */
const preposition = '(?:in|during|since|of|by|early|late|mid)';
const dayAndMonth = `(?:${month} ${day}|${day} (?:of )?${month})`;
const relativeYear = '(?:(?:last|this) year|(?:the )?year before last|\\d{1,2} years? ago)\\b';
const relativeMonth = '(?:(?:last|previous|this) month|(?:the )?month before last|\\d{1,2} months? ago)\\b';
/** 三日坊主 is no day, and 三日間 is none either. */
const japaneseDay = '\\d{1,2}日(?![間前後以坊])';
const japaneseMonthAndDay = `\\d{1,2}月(?:の?${japaneseDay})?`;
const japaneseYear = `(?:${year}年|今年|去年|昨年|一昨年|おととし|\\d{1,2}年前)`;
const japaneseMonth = '(?:先[々先]?月|今月|来月|\\d{1,2}[かヵカヶケ箇個]月前)';

const seasonForms: readonly RegExp[] = [
  /\b(?<which>last|this) (?<season>spring|summer|autumn|fall|winter)\b/g,
  new RegExp(`\\b(?<season>spring|summer|autumn|fall|winter),? (?:of |in )?(?:the )?(?<which>${relativeYear})`, 'g'),
  new RegExp(`\\b(?<which>${relativeYear})['’]s (?<season>spring|summer|autumn|fall|winter)\\b`, 'g'),
  new RegExp(`\\b(?<season>spring|summer|autumn|fall|winter)(?: of|,)? (?<year>${year})\\b`, 'g'),
  new RegExp(
    `(?<which>今年|去年|昨年|一昨年|おととし|\\d{1,2}年前|この前|(?<year>${year})年)の?(?<season>[春夏秋冬])`,
    'g',
  ),
];

/** Longer forms first where one begins like another. */
const dateForm = new RegExp(
  [
    `\\b${year}[-/.]\\d{1,2}(?:[-/.]\\d{1,2})?\\b`,
    `\\b\\d{1,2}/\\d{1,2}/${year}\\b`,
    `\\b${dayAndMonth},? ${year}\\b`,
    `\\b${month},? ${year}\\b`,
    `\\bnext (?:week|month|year|${dayAndMonth}|${month}(?![\\w.]))`,
    `\\b(?:${dayAndMonth}|(?!may)${month}|(?<=${preposition} )may),? (?:of |in )?${relativeYear}`,
    `\\b${relativeYear}(?:['’]s|,? in|,? on)(?: the)? (?:${dayAndMonth}|${month}(?![\\w.]))`,
    `\\b${ordinal}(?: day)? (?:of |in )?(?:the )?${relativeMonth}`,
    `\\b${relativeMonth}(?:['’]s|,? on)(?: the)? ${ordinal}(?! floor| time)`,
    `\\blast (?:${dayAndMonth}|${month}(?![\\w.]))`,
    `\\bthis (?:${dayAndMonth}|(?!may)${month}(?![\\w.]))`,
    `\\b${month} ${day}(?![\\d:])\\b`,
    `\\b${day} (?:of )?${month}\\b`,
    `(?<=\\b${preposition} )${month}(?![\\w.])`,
    `\\b${plainMonth}\\b`,
    '\\bday before yesterday\\b',
    '\\b(?:yesterday|tomorrow)\\b',
    `\\blast (?:night|week|weekend|month|year|${weekday})\\b`,
    '\\bthis (?:week|weekend|month)\\b',
    `\\b\\d{1,3} ${unit} ago\\b`,
    `(?<=\\b(?:in|during|since|of|by|early|late|for|from|year) )${year}\\b`,
    `再?来年の?${japaneseMonthAndDay}`,
    `(?:${japaneseYear}の?|(?:この前|この間)の)${japaneseMonthAndDay}`,
    `${japaneseMonth}の?${japaneseDay}`,
    `${year}年`,
    japaneseMonthAndDay,
    '\\d{1,3}(?:日|週間?|[かヵカヶケ箇個]月|年)(?:前|まえ)',
    '(?:先々?|今)週の?[月火水木金土日]曜日?',
    '昨日|明日|明後日|来週|来月|来年|きのう|一昨日|おととい|昨夜|昨晩|ゆうべ|先週末|先々?週|先々?月|今週|今月|去年|昨年|一昨年|おととし',
  ].join('|'),
  'g',
);

const yearlessForm = new RegExp(`^(?:${dayAndMonth}|${month}|${japaneseMonthAndDay})$`);

/** The spans that the dates of a text cover; one of any of the last ten years where no year is named. */
export function findDates(text: string, { now, timeZone }: { now: Date; timeZone: string }): Span[] {
  const found: Span[] = [];
  let rest = tidyRangeText(text);
  const context = { now: now.getTime(), timeZone };
  for (const form of seasonForms) {
    rest = rest.replace(form, (...match) => {
      // The last argument holds the named groups.
      found.push(...seasonSpans(match.at(-1), context));
      return ' ';
    });
  }
  for (const [term] of rest.matchAll(dateForm)) found.push(...readMention(term, context));
  return found;
}

type Place = Pick<TermContext, 'now' | 'timeZone'>;

function readMention(term: string, place: Place): Span[] {
  if (!yearlessForm.test(term)) return spanOf(term, place);
  const years = Array.from({ length: remembered }, (_, ago) => ago);
  return years.flatMap((ago) => {
    const { year, month, day } = wallFields(wallTimeAt(place.now, place.timeZone));
    const then = instantAt(wallTime(year - ago, month, day), place.timeZone);
    return spanOf(term, { ...place, now: then });
  });
}

/** Nothing for what no calendar has, such as 31 February. */
function spanOf(term: string, place: Place): Span[] {
  const nothing = Symbol('no date');
  try {
    const span = readTerm(term.replace(/\.$/, ''), {
      ...place,
      refuse: () => {
        throw nothing;
      },
    });
    return span === undefined ? [] : [span];
  } catch (error) {
    if (error === nothing) return [];
    throw error;
  }
}

/** Three months each. The season from December on lies in two years, and either may be meant. */
function seasonSpans(groups: Readonly<Record<string, string | undefined>>, { now, timeZone }: Place): Span[] {
  const name = groups.season ?? '';
  const first = firstMonthOf(japaneseSeasons[name] ?? name, { timeZone });
  const current = wallFields(wallTimeAt(now, timeZone)).year;
  const span = (year: number): Span => ({
    from: instantAt(wallTime(year, first, 1), timeZone),
    before: instantAt(wallTime(year, first + 3, 1), timeZone),
  });
  if (groups.which === 'last' || groups.which === 'この前')
    return [0, 1, 2]
      .map((ago) => span(current - ago))
      .filter(({ before }) => before <= now)
      .slice(0, 1);
  const named = groups.year === undefined ? current - yearsAgo(groups.which ?? '') : Number(groups.year);
  return first === 12 ? [span(named), span(named - 1)] : [span(named)];
}

/** "last year" is 1, and so is 1年前. */
function yearsAgo(words: string): number {
  const [count] = /\d+/.exec(words) ?? [];
  return count === undefined ? (yearsBefore[words.replace(/^the /, '')] ?? 0) : Number(count);
}
