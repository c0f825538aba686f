import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryMcpError } from '../../../../src/core/errors.ts';
import { parseTimeRange, type TimeRange } from '../../../../src/core/time/time-range.ts';

/** A Wednesday afternoon in Tokyo. */
const wednesday = '2026-03-11T15:30:20.500+09:00';

function rangeAt(now: string, timeZone: string, text: string): TimeRange {
  return parseTimeRange(text, { now: new Date(now), timeZone });
}

/** What a local time with its offset is in UTC, by the language's own parser. An empty side is an open one. */
function utc(local: string, offset: string): string | undefined {
  if (local === '') return undefined;
  const [date, time = '00:00'] = local.split(' ');
  return new Date(`${date}T${time}${offset}`).toISOString();
}

function expectTokyo(now: string, text: string, from: string, before: string): void {
  const range = rangeAt(now, 'Asia/Tokyo', text);
  expect([range.from, range.before]).toEqual([utc(from, '+09:00'), utc(before, '+09:00')]);
}

describe('a date range on Wednesday 11 March 2026, 15:30 in Tokyo', () => {
  it.each([
    // As forms and calendars write dates
    ['3/5', '2026-03-05', '2026-03-06'],
    ['11/26', '2025-11-26', '2025-11-27'],
    ['11/20/2026', '2026-11-20', '2026-11-21'],
    ['20/11/2026', '2026-11-20', '2026-11-21'],
    ['4/4/2026', '2026-04-04', '2026-04-05'],
    ['20-11-2026', '2026-11-20', '2026-11-21'],
    ['20.11.2026', '2026-11-20', '2026-11-21'],
    ['3.4.2026', '2026-04-03', '2026-04-04'],
    ['11/20/26', '2026-11-20', '2026-11-21'],
    ['R8.11.20', '2026-11-20', '2026-11-21'],
    ['R8/11/20', '2026-11-20', '2026-11-21'],
    ['Ｒ８．１１．２０', '2026-11-20', '2026-11-21'],
    ['令和8.11.20', '2026-11-20', '2026-11-21'],
    ['H31.4', '2019-04-01', '2019-05-01'],
    ['R8年11月', '2026-11-01', '2026-12-01'],
    ['2026-03-06 (Fri)', '2026-03-06', '2026-03-07'],
    ['3/6(金)', '2026-03-06', '2026-03-07'],
    ['Friday, March 6, 2026', '2026-03-06', '2026-03-07'],
    ['令和8年11月20日', '2026-11-20', '2026-11-21'],
    ['令和元年5月', '2019-05-01', '2019-06-01'],
    ['平成31年4月30日', '2019-04-30', '2019-05-01'],
    ['令和八年', '2026-01-01', '2027-01-01'],
    ['11/1-11/20', '2025-11-01', '2025-11-21'],
    ['11/1〜11/20', '2025-11-01', '2025-11-21'],
    ['11/1 – 11/20', '2025-11-01', '2025-11-21'],
    ['11/1(土)〜11/20(木)', '2025-11-01', '2025-11-21'],
    ['2025/12/20-2026/1/5', '2025-12-20', '2026-01-06'],
    ['20.11.2025-25.11.2025', '2025-11-20', '2025-11-26'],
    ['R7.11.1-R7.11.20', '2025-11-01', '2025-11-21'],
    ['11月1日-20日', '2025-11-01', '2025-11-21'],
    ['11月1-20日', '2025-11-01', '2025-11-21'],
    ['Nov 1-20', '2025-11-01', '2025-11-21'],
    ['Nov 1-20, 2024', '2024-11-01', '2024-11-21'],
    ['1-20 November 2024', '2024-11-01', '2024-11-21'],
    ['Jan-Feb', '2026-01-01', '2026-03-01'],
    // A side without a year has that of the other
    ['Nov 1 - Dec 3, 2024', '2024-11-01', '2024-12-04'],
    ['11/1 to 2026-01-05', '2025-11-01', '2026-01-06'],
    ['Q1 to Q3 2024', '2024-01-01', '2024-10-01'],
    ['2026-11-01,2026-11-20', '2026-11-01', '2026-11-21'],
    ['2026/11/01, 2026/11/20', '2026-11-01', '2026-11-21'],
    ['recent', '2026-02-09', '2026-03-12'],
    ['recently', '2026-02-09', '2026-03-12'],
    ['lately', '2026-02-09', '2026-03-12'],
    ['Recent', '2026-02-09', '2026-03-12'],
    ['最近', '2026-02-09', '2026-03-12'],
    // Names of days
    ['today', '2026-03-11', '2026-03-12'],
    ['Today', '2026-03-11', '2026-03-12'],
    ['今日', '2026-03-11', '2026-03-12'],
    ['本日', '2026-03-11', '2026-03-12'],
    ['yesterday', '2026-03-10', '2026-03-11'],
    ['昨日', '2026-03-10', '2026-03-11'],
    ['きのう', '2026-03-10', '2026-03-11'],
    ['一昨日', '2026-03-09', '2026-03-10'],
    ['おととい', '2026-03-09', '2026-03-10'],
    ['the day before yesterday', '2026-03-09', '2026-03-10'],
    ['さきおととい', '2026-03-08', '2026-03-09'],
    ['tomorrow', '2026-03-12', '2026-03-13'],
    ['明日', '2026-03-12', '2026-03-13'],
    ['あした', '2026-03-12', '2026-03-13'],
    ['the day after tomorrow', '2026-03-13', '2026-03-14'],
    ['明後日', '2026-03-13', '2026-03-14'],
    ['あさって', '2026-03-13', '2026-03-14'],
    // Parts of days
    ['明日の朝', '2026-03-12 00:00', '2026-03-12 12:00'],
    ['tomorrow evening', '2026-03-12 18:00', '2026-03-13 00:00'],
    ['今朝', '2026-03-11 00:00', '2026-03-11 12:00'],
    ['this morning', '2026-03-11 00:00', '2026-03-11 12:00'],
    ['今晩', '2026-03-11 18:00', '2026-03-12 00:00'],
    ['今夜', '2026-03-11 18:00', '2026-03-12 00:00'],
    ['tonight', '2026-03-11 18:00', '2026-03-12 00:00'],
    ['昨夜', '2026-03-10 18:00', '2026-03-11 06:00'],
    ['last night', '2026-03-10 18:00', '2026-03-11 06:00'],
    ['昨日の夜', '2026-03-10 18:00', '2026-03-11 00:00'],
    ['昨日の午後', '2026-03-10 12:00', '2026-03-11 00:00'],
    ['yesterday afternoon', '2026-03-10 12:00', '2026-03-10 18:00'],
    ['Monday morning', '2026-03-09 00:00', '2026-03-09 12:00'],
    // Weeks begin on Monday
    ['this week', '2026-03-09', '2026-03-16'],
    ['今週', '2026-03-09', '2026-03-16'],
    ['last week', '2026-03-02', '2026-03-09'],
    ['LAST WEEK', '2026-03-02', '2026-03-09'],
    ['先週', '2026-03-02', '2026-03-09'],
    ['先々週', '2026-02-23', '2026-03-02'],
    ['the week before last', '2026-02-23', '2026-03-02'],
    ['last weekend', '2026-03-07', '2026-03-09'],
    ['先週末', '2026-03-07', '2026-03-09'],
    ['next week', '2026-03-16', '2026-03-23'],
    ['来週', '2026-03-16', '2026-03-23'],
    ['再来週', '2026-03-23', '2026-03-30'],
    ['the week after next', '2026-03-23', '2026-03-30'],
    ['来週末', '2026-03-21', '2026-03-23'],
    ['weekend of next week', '2026-03-21', '2026-03-23'],
    // Quarters, halves and the Japanese year from April
    ['this quarter', '2026-01-01', '2026-04-01'],
    ['last quarter', '2025-10-01', '2026-01-01'],
    ['前四半期', '2025-10-01', '2026-01-01'],
    ['next quarter', '2026-04-01', '2026-07-01'],
    ['2 quarters ago', '2025-07-01', '2025-10-01'],
    ['Q3 2026', '2026-07-01', '2026-10-01'],
    ['2026Q3', '2026-07-01', '2026-10-01'],
    ['2026-Q3', '2026-07-01', '2026-10-01'],
    ['Q3', '2025-07-01', '2025-10-01'],
    ['2025Q1-2025Q3', '2025-01-01', '2025-10-01'],
    ['H1 2026', '2026-01-01', '2026-07-01'],
    ['今年度', '2025-04-01', '2026-04-01'],
    ['昨年度', '2024-04-01', '2025-04-01'],
    ['来年度', '2026-04-01', '2027-04-01'],
    ['2025年度', '2025-04-01', '2026-04-01'],
    ['令和七年度', '2025-04-01', '2026-04-01'],
    ['2025年度上期', '2025-04-01', '2025-10-01'],
    ['2025年度第三四半期', '2025-10-01', '2026-01-01'],
    // Seasons
    ['last summer', '2025-06-01', '2025-09-01'],
    ['去年の夏', '2025-06-01', '2025-09-01'],
    ['昨夏', '2025-06-01', '2025-09-01'],
    ['2024年の夏', '2024-06-01', '2024-09-01'],
    ['summer of 2024', '2024-06-01', '2024-09-01'],
    ['夏', '2025-06-01', '2025-09-01'],
    ['this summer', '2026-06-01', '2026-09-01'],
    ['来年の夏', '2027-06-01', '2027-09-01'],
    ['last winter', '2025-12-01', '2026-03-01'],
    ['since last summer', '2025-06-01', ''],
    // Thirds of months
    ['11月上旬', '2025-11-01', '2025-11-11'],
    ['11月初旬', '2025-11-01', '2025-11-11'],
    ['11月中旬', '2025-11-11', '2025-11-21'],
    ['11月下旬', '2025-11-21', '2025-12-01'],
    ['2月下旬', '2026-02-21', '2026-03-01'],
    ['先月下旬', '2026-02-21', '2026-03-01'],
    ['去年の11月上旬', '2025-11-01', '2025-11-11'],
    ['2024年11月中旬', '2024-11-11', '2024-11-21'],
    ['early November', '2025-11-01', '2025-11-11'],
    ['mid-November', '2025-11-11', '2025-11-21'],
    ['late November 2024', '2024-11-21', '2024-12-01'],
    // Months and years
    ['next month', '2026-04-01', '2026-05-01'],
    ['来月', '2026-04-01', '2026-05-01'],
    ['来月の15日', '2026-04-15', '2026-04-16'],
    ['next year', '2027-01-01', '2028-01-01'],
    ['来年', '2027-01-01', '2028-01-01'],
    ['last March', '2025-03-01', '2025-04-01'],
    ['next March', '2027-03-01', '2027-04-01'],
    ['this month', '2026-03-01', '2026-04-01'],
    ['今月', '2026-03-01', '2026-04-01'],
    ['last month', '2026-02-01', '2026-03-01'],
    ['先月', '2026-02-01', '2026-03-01'],
    ['先々月', '2026-01-01', '2026-02-01'],
    ['this year', '2026-01-01', '2027-01-01'],
    ['今年', '2026-01-01', '2027-01-01'],
    ['last year', '2025-01-01', '2026-01-01'],
    ['去年', '2025-01-01', '2026-01-01'],
    ['昨年', '2025-01-01', '2026-01-01'],
    ['おととし', '2024-01-01', '2025-01-01'],
    // Distances: the whole unit, so many before this one
    ['3 days ago', '2026-03-08', '2026-03-09'],
    ['three days ago', '2026-03-08', '2026-03-09'],
    ['0日前', '2026-03-11', '2026-03-12'],
    ['3日前', '2026-03-08', '2026-03-09'],
    ['３日前', '2026-03-08', '2026-03-09'],
    ['三日前', '2026-03-08', '2026-03-09'],
    ['3 日前', '2026-03-08', '2026-03-09'],
    ['十日前', '2026-03-01', '2026-03-02'],
    ['二十三日前', '2026-02-16', '2026-02-17'],
    ['百日前', '2025-12-01', '2025-12-02'],
    ['1週間前', '2026-03-02', '2026-03-09'],
    ['二週間前', '2026-02-23', '2026-03-02'],
    ['a week ago', '2026-03-02', '2026-03-09'],
    ['2 weeks ago', '2026-02-23', '2026-03-02'],
    ['1か月前', '2026-02-01', '2026-03-01'],
    ['３ヶ月前', '2025-12-01', '2026-01-01'],
    ['三ヵ月前', '2025-12-01', '2026-01-01'],
    ['半年前', '2025-09-01', '2025-10-01'],
    ['2 months ago', '2026-01-01', '2026-02-01'],
    ['一年前', '2025-01-01', '2026-01-01'],
    ['2 years ago', '2024-01-01', '2025-01-01'],
    ['5 hours ago', '2026-03-11 10:00', '2026-03-11 11:00'],
    ['5時間前', '2026-03-11 10:00', '2026-03-11 11:00'],
    ['5分前', '2026-03-11 15:25', '2026-03-11 15:26'],
    ['in 3 days', '2026-03-14', '2026-03-15'],
    ['3 days from now', '2026-03-14', '2026-03-15'],
    ['3日後', '2026-03-14', '2026-03-15'],
    ['2週間後', '2026-03-23', '2026-03-30'],
    ['in 5 hours', '2026-03-11 20:00', '2026-03-11 21:00'],
    // From today: up to the day in that many units
    ['next 7 days', '2026-03-11', '2026-03-19'],
    ['今後1週間', '2026-03-11', '2026-03-19'],
    // Up to today: from the day that many units ago
    ['last 7 days', '2026-03-04', '2026-03-12'],
    ['in the last 7 days', '2026-03-04', '2026-03-12'],
    ['past 3 days', '2026-03-08', '2026-03-12'],
    ['past week', '2026-03-04', '2026-03-12'],
    ['last two weeks', '2026-02-25', '2026-03-12'],
    ['last 3 months', '2025-12-11', '2026-03-12'],
    ['7d', '2026-03-04', '2026-03-12'],
    ['30D', '2026-02-09', '2026-03-12'],
    ['2w', '2026-02-25', '2026-03-12'],
    ['過去7日間', '2026-03-04', '2026-03-12'],
    ['ここ１週間', '2026-03-04', '2026-03-12'],
    ['直近3か月', '2025-12-11', '2026-03-12'],
    ['3日以内', '2026-03-08', '2026-03-12'],
    ['last 24 hours', '2026-03-10 15:30:20.500', '2026-03-11 15:30:20.501'],
    ['last 30 minutes', '2026-03-11 15:00:20.500', '2026-03-11 15:30:20.501'],
    // Days of the week: the latest, today included
    ['wednesday', '2026-03-11', '2026-03-12'],
    ['last Wednesday', '2026-03-04', '2026-03-05'],
    ['thu', '2026-03-05', '2026-03-06'],
    ['月曜日', '2026-03-09', '2026-03-10'],
    ['先週の金曜日', '2026-03-06', '2026-03-07'],
    ['今週の金曜', '2026-03-13', '2026-03-14'],
    ['friday of last week', '2026-03-06', '2026-03-07'],
    ['last week friday', '2026-03-06', '2026-03-07'],
    ['coming Friday', '2026-03-13', '2026-03-14'],
    ['next week friday', '2026-03-20', '2026-03-21'],
    ['来週の金曜日', '2026-03-20', '2026-03-21'],
    // The coming one is that of next week
    ['next Monday', '2026-03-16', '2026-03-17'],
    ['次の月曜日', '2026-03-16', '2026-03-17'],
    // Dates
    ['2026-03-01', '2026-03-01', '2026-03-02'],
    ['2026/3/1', '2026-03-01', '2026-03-02'],
    ['２０２６－０３－０１', '2026-03-01', '2026-03-02'],
    ['20260301', '2026-03-01', '2026-03-02'],
    ['2026年3月1日', '2026-03-01', '2026-03-02'],
    ['二〇二六年三月一日', '2026-03-01', '2026-03-02'],
    ['March 1, 2026', '2026-03-01', '2026-03-02'],
    ['1 Mar 2026', '2026-03-01', '2026-03-02'],
    ['2026-03', '2026-03-01', '2026-04-01'],
    ['2026年3月', '2026-03-01', '2026-04-01'],
    ['december 2025', '2025-12-01', '2026-01-01'],
    ['2025', '2025-01-01', '2026-01-01'],
    ['2025年', '2025-01-01', '2026-01-01'],
    ['2026-W01', '2025-12-29', '2026-01-05'],
    ['2026-W01-7', '2026-01-04', '2026-01-05'],
    // Dates without a year: the latest that has begun
    ['3月', '2026-03-01', '2026-04-01'],
    ['4月', '2025-04-01', '2025-05-01'],
    ['March 11th', '2026-03-11', '2026-03-12'],
    ['3月12日', '2025-03-12', '2025-03-13'],
    ['2月29日', '2024-02-29', '2024-03-01'],
    ['去年の3月', '2025-03-01', '2025-04-01'],
    ['March of last year', '2025-03-01', '2025-04-01'],
    ['先月の15日', '2026-02-15', '2026-02-16'],
    // Times: the minute, second or part of a second that is named
    ['2026-03-01T09:30', '2026-03-01 09:30', '2026-03-01 09:31'],
    ['2026-03-01 09:30:15', '2026-03-01 09:30:15', '2026-03-01 09:30:16'],
    ['2026-03-01T00:30:15Z', '2026-03-01 09:30:15', '2026-03-01 09:30:16'],
    ['2026-03-01T00:30:15.250+00:00', '2026-03-01 09:30:15.250', '2026-03-01 09:30:15.251'],
    ['2026-02-28T19:30-0500', '2026-03-01 09:30', '2026-03-01 09:31'],
    ['2026年3月1日 9時', '2026-03-01 09:00', '2026-03-01 10:00'],
    ['2026年3月1日9時30分', '2026-03-01 09:30', '2026-03-01 09:31'],
    // Ranges: both ends belong to them
    ['2026-03-01..2026-03-05', '2026-03-01', '2026-03-06'],
    ['2026-03-01 .. 2026-03-05', '2026-03-01', '2026-03-06'],
    ['2026-03-01~2026-03-05', '2026-03-01', '2026-03-06'],
    ['2026-03-01〜2026-03-05', '2026-03-01', '2026-03-06'],
    ['2026-03-01～2026-03-05', '2026-03-01', '2026-03-06'],
    ['2026-03-01/2026-03-05', '2026-03-01', '2026-03-06'],
    ['2026-03-01 - 2026-03-05', '2026-03-01', '2026-03-06'],
    ['2026-03-01T09:00..2026-03-01T10:00', '2026-03-01 09:00', '2026-03-01 10:01'],
    ['2026-01..2026-02', '2026-01-01', '2026-03-01'],
    ['2024..2025', '2024-01-01', '2026-01-01'],
    ['3月1日から3月5日まで', '2026-03-01', '2026-03-06'],
    ['3月1日から5日まで', '2026-03-01', '2026-03-06'],
    ['12月から2月', '2025-12-01', '2026-03-01'],
    ['2025年11月〜1月', '2025-11-01', '2026-02-01'],
    ['先週から昨日まで', '2026-03-02', '2026-03-11'],
    ['10日前から3日前まで', '2026-03-01', '2026-03-09'],
    ['from last monday to yesterday', '2026-03-09', '2026-03-11'],
    ['between 2026-03-01 and yesterday', '2026-03-01', '2026-03-11'],
    ['friday to monday', '2026-03-06', '2026-03-10'],
    ['2026-03-01..now', '2026-03-01', '2026-03-11 15:30:20.501'],
    // Open ranges
    ['2026-03-01..', '2026-03-01', ''],
    ['..2026-03-01', '', '2026-03-02'],
    ['2026-03-01から', '2026-03-01', ''],
    ['先月以降', '2026-02-01', ''],
    ['since monday', '2026-03-09', ''],
    ['after 2026-03-01', '2026-03-02', ''],
    ['先月まで', '', '2026-03-01'],
    ['until last month', '', '2026-03-01'],
    ['up to yesterday', '', '2026-03-11'],
    ['before 2026-03-01', '', '2026-03-01'],
    ['3月1日より前', '', '2026-03-01'],
    ['3月1日以前', '', '2026-03-02'],
    // Sentences around a distance, which the original took
    ['3日前の会話', '2026-03-08', '2026-03-09'],
    ['about 3 days ago', '2026-03-08', '2026-03-09'],
  ])('%s', (text, from, before) => {
    expectTokyo(wednesday, text, from, before);
  });
});

describe('a date range at the edges of the calendar', () => {
  it.each([
    ['a month before 31 March is February', '2026-03-31T12:00:00+09:00', '1か月前', '2026-02-01', '2026-03-01'],
    ['of a leap year too', '2024-03-31T12:00:00+09:00', 'last month', '2024-02-01', '2024-03-01'],
    ['the last month is clamped to 28 February', '2026-03-31T12:00:00+09:00', 'past month', '2026-02-28', '2026-04-01'],
    ['and to 29 February', '2024-03-31T12:00:00+09:00', 'past month', '2024-02-29', '2024-04-01'],
    [
      'the year up to a leap day begins on 28 February',
      '2024-02-29T12:00:00+09:00',
      'past year',
      '2023-02-28',
      '2024-03-01',
    ],
    ['the day before 1 March is the leap day', '2024-03-01T00:00:00+09:00', 'yesterday', '2024-02-29', '2024-03-01'],
    ['the month before January is December', '2026-01-31T23:59:59+09:00', '先月', '2025-12-01', '2026-01-01'],
    ['13 months ago crosses two years', '2026-01-15T12:00:00+09:00', '13か月前', '2024-12-01', '2025-01-01'],
    ['this week crosses the year', '2027-01-01T12:00:00+09:00', '今週', '2026-12-28', '2027-01-04'],
    [
      'Sunday belongs to the week of the Monday before',
      '2026-03-15T12:00:00+09:00',
      'this week',
      '2026-03-09',
      '2026-03-16',
    ],
    ['Monday begins its week', '2026-03-16T00:00:00+09:00', 'this week', '2026-03-16', '2026-03-23'],
    ['the last instant of a day is of that day', '2026-03-11T23:59:59.999+09:00', 'today', '2026-03-11', '2026-03-12'],
    [
      'the leap day without a year is the latest one',
      '2026-03-11T12:00:00+09:00',
      'Feb 29',
      '2024-02-29',
      '2024-03-01',
    ],
  ])('%s', (_, now, text, from, before) => {
    expectTokyo(now, text, from, before);
  });
});

describe('a date range in a zone with daylight saving', () => {
  it.each([
    // New York: 2026-03-08 has 23 hours, 2026-11-01 has 25.
    ['America/New_York', '2026-03-09T12:00:00Z', 'yesterday', '2026-03-08T05:00:00.000Z', '2026-03-09T04:00:00.000Z'],
    ['America/New_York', '2026-11-02T12:00:00Z', 'yesterday', '2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z'],
    ['America/New_York', '2026-03-11T12:00:00Z', 'last week', '2026-03-02T05:00:00.000Z', '2026-03-09T04:00:00.000Z'],
    ['America/New_York', '2026-03-11T12:00:00Z', '2026-03', '2026-03-01T05:00:00.000Z', '2026-04-01T04:00:00.000Z'],
    ['America/New_York', '2026-03-08T12:00:00Z', '今朝', '2026-03-08T05:00:00.000Z', '2026-03-08T16:00:00.000Z'],
    // The clock skips 02:30 on the one day and shows 01:30 twice on the other.
    [
      'America/New_York',
      '2026-03-11T12:00:00Z',
      '2026-03-08T02:30',
      '2026-03-08T07:30:00.000Z',
      '2026-03-08T07:31:00.000Z',
    ],
    ['America/New_York', '2026-11-11T12:00:00Z', '2026-11-01T01:30..', '2026-11-01T05:30:00.000Z', undefined],
    // It is still Tuesday there while Tokyo has Wednesday.
    ['America/New_York', '2026-03-11T03:00:00Z', 'today', '2026-03-10T04:00:00.000Z', '2026-03-11T04:00:00.000Z'],
    // Berlin: 2026-03-29 has 23 hours, 2026-10-25 has 25.
    ['Europe/Berlin', '2026-03-30T12:00:00Z', '昨日', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['Europe/Berlin', '2026-10-26T12:00:00Z', '1日前', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
    ['Europe/Berlin', '2026-04-15T12:00:00Z', 'last month', '2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z'],
    // Lord Howe moves by half an hour: 2026-04-05 has 24.5 hours, 2026-10-04 has 23.5.
    [
      'Australia/Lord_Howe',
      '2026-04-06T12:00:00Z',
      'yesterday',
      '2026-04-04T13:00:00.000Z',
      '2026-04-05T13:30:00.000Z',
    ],
    ['Australia/Lord_Howe', '2026-10-05T02:00:00Z', '昨日', '2026-10-03T13:30:00.000Z', '2026-10-04T13:00:00.000Z'],
    // An hour ago is one by the clock on the wall, where that is not on the hour of UTC, too.
    ['Asia/Kolkata', '2026-03-11T10:10:00Z', '3 hours ago', '2026-03-11T06:30:00.000Z', '2026-03-11T07:30:00.000Z'],
    ['Asia/Kathmandu', '2026-03-11T10:10:00Z', '3 hours ago', '2026-03-11T06:15:00.000Z', '2026-03-11T07:15:00.000Z'],
    // At 01:30, shown for the second time, an hour ago it was 00:30 or 01:30 for the first time: what has passed counts.
    ['America/New_York', '2026-11-01T06:30:00Z', '1 hour ago', '2026-11-01T05:00:00.000Z', '2026-11-01T06:00:00.000Z'],
    // Beirut skips midnight: the day of 2026-03-29 begins at one.
    ['Asia/Beirut', '2026-03-29T12:00:00Z', 'today', '2026-03-28T22:00:00.000Z', '2026-03-29T21:00:00.000Z'],
  ])('%s at %s: %s', (timeZone, now, text, from, before) => {
    const range = rangeAt(now, timeZone, text);
    expect([range.from, range.before]).toEqual([from, before]);
  });

  it('refuses a day that the place skipped, and names the place', () => {
    expect(() => rangeAt('2026-03-11T12:00:00Z', 'Pacific/Apia', '2011-12-30')).toThrow(
      'holds no time in Pacific/Apia',
    );
  });

  it('refuses an unknown zone', () => {
    expect(() => rangeAt(wednesday, 'Mars/Olympus', 'today')).toThrow('Time zone "Mars/Olympus" is not known');
  });
});

describe('a season south of the equator', () => {
  it.each([
    ['winter 2025', '2025-06-01', '2025-09-01'],
    ['last spring', '2025-09-01', '2025-12-01'],
    ['last summer', '2025-12-01', '2026-03-01'],
  ])('is half a year away from that of the north: %s', (text, first, end) => {
    const sydney = rangeAt('2026-03-11T12:00:00Z', 'Australia/Sydney', text);
    expect(sydney).toEqual(rangeAt('2026-03-11T12:00:00Z', 'Australia/Sydney', `${first}..${dayBefore(end)}`));
  });

  function dayBefore(day: string): string {
    return new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
  }
});

describe('a date range that cannot be followed', () => {
  function refusalOf(text: string): MemoryMcpError {
    try {
      rangeAt(wednesday, 'Asia/Tokyo', text);
    } catch (error) {
      if (error instanceof MemoryMcpError) return error;
      throw error;
    }
    throw new Error(`${JSON.stringify(text)} was taken`);
  }

  it.each([
    ['', 'is empty'],
    ['   ', 'is empty'],
    ['..', 'is not understood'],
    ['いつか', 'is not understood'],
    ['early last year', 'is not understood'],
    ['2026-H3', 'is not understood'],
    ['2026-03-01-2026-03-05', 'is not understood'],
    ['40.11.2026', 'names day 40'],
    ['2026-11-20 (Mon)', 'names a weekday that is not that of its date, a Friday'],
    // What two people would read differently
    ['3/4/2026', 'can mean 2026-03-04 or 2026-04-03: write the one that is meant'],
    ['26.11.20', 'can mean 2026-11-20 or 2020-11-26'],
    ['8.11.20', 'can mean 2020-11-08 or 2026-11-20'],
    ['next Friday', 'can mean 2026-03-13 or 2026-03-20'],
    ['今度の金曜日', 'can mean 2026-03-13 or 2026-03-20'],
    ['next weekend', 'can mean 2026-03-14..2026-03-15 or 2026-03-21..2026-03-22'],
    ['next June', 'can mean 2026-06-01..2026-06-30 or 2027-06-01..2027-06-30'],
    ['next summer', 'can mean 2026-06-01..2026-08-31 or 2027-06-01..2027-08-31'],
    ['winter 2026', 'can mean 2025-12-01..2026-02-28 or 2026-12-01..2027-02-28'],
    ['去年の冬', 'can mean 2024-12-01..2025-02-28 or 2025-12-01..2026-02-28'],
    ['this winter', 'can mean 2025-12-01..2026-02-28 or 2026-12-01..2027-02-28'],
    ['FY2026', 'can mean 2025-10-01..2026-09-30 or 2026-04-01..2027-03-31'],
    ['this fiscal year', 'can mean 2025-10-01..2026-09-30 or 2026-04-01..2027-03-31'],
    ['第3四半期', 'can mean 2025-07-01..2025-09-30 or 2025-10-01..2025-12-31'],
    ['去年の第3四半期', 'can mean 2025-07-01..2025-09-30 or 2025-10-01..2025-12-31'],
    ['2026年上半期', 'can mean 2026-01-01..2026-06-30 or 2026-04-01..2026-09-30'],
    ['tomorrow-ish', 'is not understood'],
    ['3m', 'is not understood'],
    ['days ago', 'is not understood'],
    ['日前', 'is not understood'],
    ['2026の3日前', 'is not understood'],
    ['123456 days ago', 'is not understood'],
    ["'; DROP TABLE memories; --", 'is not understood'],
    ['2026-03-01..banana', 'is not understood at "banana"'],
    ['2026-02-30', 'names day 30, and February 2026 has 28'],
    ['2026-02-29', 'names day 29, and February 2026 has 28'],
    ['2月30日', 'names day 30, and that month has 29 at most'],
    ['2026-13-01', 'names month 13'],
    ['2026-00', 'names month 0'],
    ['13月', 'names month 13'],
    ['2026-03-00', 'names day 0'],
    ['2026-03-01T24:30', 'names a time that no clock shows'],
    ['2026-03-01T10:61', 'names a time that no clock shows'],
    ['2026-03-01T10:00+99:00', 'has an offset that no place uses'],
    ['2026-W54', 'names week 54, which 2026 does not have'],
    ['2026-W10-8', 'names day 8 of a week'],
    ['15日', 'names a day without its month'],
    ['2026-03-05..2026-03-01', 'ends before it begins'],
    ['今日から先週まで', 'ends before it begins'],
    ['0999', 'lies outside the years 1000 to 9999'],
    ['9999', 'lies outside the years 1000 to 9999'],
    ['99999 years ago', 'lies outside the years 1000 to 9999'],
    ['x'.repeat(10_000), 'is longer than the 200 characters'],
    ['今日'.repeat(5_000), 'is longer than the 200 characters'],
  ])('%s', (text, reason) => {
    const refusal = refusalOf(text);
    expect(refusal.code).toBe('invalid_input');
    expect(refusal.message).toContain(reason);
    expect(refusal.message.length).toBeLessThan(200);
    expect(refusal.message).toContain(JSON.stringify(text.slice(0, 60)).slice(0, -1));
    expect(refusal.hint).toMatch(/last 7 days.*過去7日間/);
  });

  it('is refused with our own error for any text', () => {
    const word = fc.constantFrom(
      'last',
      '3',
      '日',
      '前',
      'from',
      'to',
      '..',
      '~',
      '-',
      'of',
      'week',
      '月',
      '2026',
      ':',
      'z',
      ' ',
      '午後',
      'から',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(word, { maxLength: 8 }).map((words) => words.join('')),
    );
    fc.assert(
      fc.property(text, (expression) => {
        try {
          const { from, before } = rangeAt(wednesday, 'America/New_York', expression);
          expect(from !== undefined || before !== undefined).toBe(true);
          if (from !== undefined && before !== undefined) expect(from < before).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(MemoryMcpError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('every whole day', () => {
  it('ends where the next one begins, in every zone', () => {
    const zone = fc.constantFrom(
      'Asia/Tokyo',
      'America/New_York',
      'Europe/Berlin',
      'Australia/Lord_Howe',
      'America/St_Johns',
    );
    const day = fc.date({
      min: new Date('1975-01-01T00:00:00Z'),
      max: new Date('2037-12-31T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(zone, day, (timeZone, date) => {
        const [first, second] = [date, new Date(date.getTime() + 86_400_000)].map((at) =>
          at.toISOString().slice(0, 10),
        );
        const before = rangeAt(wednesday, timeZone, `${first}`).before;
        expect(before).toBe(rangeAt(wednesday, timeZone, `${second}`).from);
        expect(rangeAt(wednesday, timeZone, `${first}..${second}`).before).toBe(
          rangeAt(wednesday, timeZone, `${second}`).before,
        );
      }),
    );
  });
});
