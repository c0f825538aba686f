/**
 * The words of date ranges brought to one form: full-width characters, number words and kanji numerals to digits,
 * and Japanese terms to the English ones that `time-range-terms.ts` reads. No meaning is given to them here.
 */

/** Lower case, half width, single spaces, numbers in digits; the language stays. */
export function tidyRangeText(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u301c\u223c]/g, '~')
    .replace(/\u2212/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^[「『"'](.*)[」』"']$/u, '$1')
    .replace(/半年/g, '6か月')
    .replace(/[〇零一二三四五六七八九十百千]+(?=日|週|月|[かヵカヶケ箇個]月|年|時|分|四半期)/g, (numeral) =>
      String(kanjiNumber(numeral)),
    )
    .replace(/(令和|平成|昭和|大正) ?(元|\d{1,2})年/g, (_, era: string, year: string) => `${yearOfEra(era, year)}年`)
    .replace(
      new RegExp(
        `\\b(?:${Object.keys(numberWords).join('|')})(?= (?:minute|hour|day|week|month|quarter|year)s?\\b)`,
        'g',
      ),
      (word) => String(numberWords[word]),
    )
    .replace(ordinalForm, (word) => `${ordinalWords.indexOf(word) + 1}th`);
}

const numberWords: Readonly<Record<string, number>> = {
  an: 1,
  a: 1,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
};

const ordinalUnits = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth'];
/** The days of a month. */
const ordinalWords: readonly string[] = [
  ...ordinalUnits,
  'tenth',
  'eleventh',
  'twelfth',
  ...['thir', 'four', 'fif', 'six', 'seven', 'eigh', 'nine'].map((word) => `${word}teenth`),
  'twentieth',
  ...ordinalUnits.map((word) => `twenty-${word}`),
  'thirtieth',
  'thirty-first',
];
/** Elsewhere "second" and "third" are other things. */
const ordinalForm = new RegExp(`\\b(?:${ordinalWords.toReversed().join('|')})(?= (?:day )?of\\b)`, 'g');

/** The year before the first one of each era. */
const eras: Readonly<Record<string, number>> = {
  ...{ 令和: 2018, 平成: 1988, 昭和: 1925, 大正: 1911 },
  ...{ r: 2018, h: 1988, s: 1925, t: 1911 },
};

/** `era` by its name or the first letter of it, in lower case. */
export function yearOfEra(era: string, year: string | number): number {
  return (eras[era] ?? 0) + (year === '元' ? 1 : Number(year));
}

/** 二十三 is 23 and so is 二三: with 十, 百 or 千 it is a sum, else the digits stand side by side. */
function kanjiNumber(numeral: string): number {
  let sum = 0;
  let digits = '';
  for (const character of numeral) {
    const place = { 十: 10, 百: 100, 千: 1000 }[character];
    if (place === undefined) {
      digits += String('〇一二三四五六七八九'.indexOf(character === '零' ? '〇' : character));
    } else {
      sum += Number(digits || '1') * place;
      digits = '';
    }
  }
  return sum + Number(digits || '0');
}

const weekdayNames: Readonly<Record<string, string>> = {
  月: 'monday',
  火: 'tuesday',
  水: 'wednesday',
  木: 'thursday',
  金: 'friday',
  土: 'saturday',
  日: 'sunday',
};

const dayParts: Readonly<Record<string, string>> = {
  朝: 'morning',
  午前: 'morning',
  午後: 'afternoon and evening',
  夜: 'evening',
  晩: 'evening',
};

const unitNames: Readonly<Record<string, string>> = {
  分: 'minutes',
  時間: 'hours',
  日: 'days',
  週: 'weeks',
  月: 'months',
  年: 'years',
};

const counter = '(\\d+)(分|時間|日|週|[かヵカヶケ箇個]月|年)';
const unitOf = (written: string) => unitNames[written.replace(/^[かヵカヶケ箇個]/, '')] ?? written;

const nearness: Readonly<Record<string, string>> = {
  ...{ 今: 'this', 当: 'this', 本: 'this' },
  ...{ 前: 'last', 先: 'last', 昨: 'last' },
  ...{ 来: 'next', 翌: 'next' },
};

/** `year` is empty where none is named. */
function partOfYear(year: string, part: string): string {
  return year === '' ? part : `${englishTerm(year)} ${part}`;
}

/** R8.11.20 as 2026-11-20. */
function dateOfEra(era: string, year: string, month: string, day?: string): string {
  return [yearOfEra(era, year), month, ...(day === undefined ? [] : [day])].join('-');
}

const weekends: Readonly<Record<string, string>> = { 先: 'last weekend', 来: 'weekend of next week' };

const thirds: Readonly<Record<string, string>> = { 上旬: 'early', 初旬: 'early', 中旬: 'mid', 下旬: 'late' };

const seasonNames: Readonly<Record<string, string>> = { 春: 'spring', 夏: 'summer', 秋: 'autumn', 冬: 'winter' };

type Translation = string | ((...groups: string[]) => string);

/** One Japanese term and its English; the groups of the pattern are handed to a function. First match wins. */
const translations: ReadonlyArray<readonly [RegExp, Translation]> = [
  [/^(?:今|現在|いま)$/, 'now'],
  [/^(?:最近|近頃|ちかごろ|このごろ)$/, 'recent'],
  [/^(?:今日|本日|きょう)(?:中)?$/, 'today'],
  [/^(?:昨日|きのう)$/, 'yesterday'],
  [/^(?:明日|あした|あす)$/, 'tomorrow'],
  [/^(?:明後日|あさって)$/, 'in 2 days'],
  [/^(?:明々後日|明明後日|しあさって)$/, 'in 3 days'],
  [/^明朝$/, 'tomorrow morning'],
  [/^明晩$/, 'tomorrow evening'],
  [/^(?:一昨日|おととい|おとつい)$/, '2 days ago'],
  [/^(?:一昨々日|一昨昨日|さきおととい)$/, '3 days ago'],
  [/^(?:今朝|けさ)$/, 'today morning'],
  [/^(?:今晩|今夜|こんばん)$/, 'today evening'],
  [/^(?:昨夜|昨晩|ゆうべ)$/, 'last night'],
  [/^今(週|月|年)中?$/, (unit) => `this ${unitOf(unit)}`],
  [/^本年$/, 'this years'],
  [/^(?:先(週|月)|(?:去|昨)(年))$/, (unit, year) => `last ${unitOf(unit ?? year)}`],
  [/^先[々先](週|月)$/, (unit) => `2 ${unitOf(unit)} ago`],
  [/^(?:一昨年|おととし)$/, '2 years ago'],
  [/^来(週|月|年)$/, (unit) => `next ${unitOf(unit)}`],
  [/^(?:再来|さ来)(週|月|年)$/, (unit) => `in 2 ${unitOf(unit)}`],
  [/^(今|先|来)?週末$/, (which) => weekends[which] ?? 'this weekend'],
  [/^([今当前先来翌])の?四半期$/, (which) => `${nearness[which]} quarter`],
  [/^([今本昨前来翌])年度$/, (which) => `${nearness[which]} nendo`],
  [/^(\d{4})年度$/, '$1 nendo'],
  [/^(.*?)の?第?([1-4])四半期$/, (year, number) => partOfYear(year, `shihanki q${number}`)],
  [/^(.*?)の?([上下])半?期$/, (year, half) => partOfYear(year, `hanki h${half === '上' ? 1 : 2}`)],
  [/^(.+?)の?(上旬|初旬|中旬|下旬)$/, (month, third) => `${thirds[third]} ${englishTerm(month)}`],
  [/^(この|今|)([春夏秋冬])$/, (which, season) => `${which === '' ? '' : 'this '}${seasonNames[season]}`],
  [/^([昨来])([春夏秋冬])$/, (which, season) => `${seasonNames[season]} of ${nearness[which]} year`],
  [/^(\d{4})年の?([春夏秋冬])$/, (year, season) => `${seasonNames[season]} of ${year}`],
  [/^(?:この前|前回?)の([春夏秋冬])$/, (season) => `last ${seasonNames[season]}`],
  [/^(?:次|今度)の([春夏秋冬])$/, (season) => `next ${seasonNames[season]}`],
  [new RegExp(`^${counter}間?(?:前|まえ)$`), (count, unit) => `${count} ${unitOf(unit)} ago`],
  [new RegExp(`^${counter}間?(?:後|あと)$`), (count, unit) => `in ${count} ${unitOf(unit)}`],
  [new RegExp(`^(?:今後|これから|向こう)の?${counter}間?$`), (count, unit) => `next ${count} ${unitOf(unit)}`],
  [new RegExp(`^(?:過去|直近|最近|ここ|この)の?${counter}間?$`), (count, unit) => `last ${count} ${unitOf(unit)}`],
  [new RegExp(`^${counter}(?:間|以内)$`), (count, unit) => `last ${count} ${unitOf(unit)}`],
  [/^(\d{4})年$/, '$1'],
  [/^(\d{4})年(\d+)月$/, '$1-$2'],
  [/^(\d{4})年(\d+)月の?(\d+)日$/, '$1-$2-$3'],
  [/^(\d{4})年(\d+)月(\d+)日(\d+)時$/, '$1-$2-$3 $4'],
  [
    /^(\d{4})年(\d+)月(\d+)日(\d+)(?:時(\d+)分|:(\d\d))$/,
    (y, m, d, h, a, b) => `${y}-${m}-${d} ${h}:${(a ?? b).padStart(2, '0')}`,
  ],
  [/^(\d+)月の?(\d+)日?$/, '--$1-$2'],
  [/^(令和|平成|昭和|大正|[rhst])(元|\d{1,2})[./-](\d{1,2})(?:[./-](\d{1,2}))?$/, dateOfEra],
  [/^([rhst])(\d{1,2})年(.*)$/, (era, year, rest) => englishTerm(`${yearOfEra(era, year)}年${rest}`)],
  [/^(\d+)月$/, '--$1'],
  [/^(\d+)日$/, '---$1'],
  [/^(.+\d日?)\(([月火水木金土日])曜?日?\)$/, (date, day) => `${englishTerm(date)} (${weekdayNames[day]})`],
  [/^([月火水木金土日])曜日?$/, (day) => weekdayNames[day] ?? day],
  [/^(?:この前|前|直近)の([月火水木金土日])曜日?$/, (day) => `last ${weekdayNames[day] ?? day}`],
  [/^(?:この前|この間|前)の(\d+月(?:の?\d+日)?)$/, (date) => `last ${englishTerm(date)}`],
  [/^(?:次|今度)の([月火水木金土日])曜日?$/, (day) => `next ${weekdayNames[day] ?? day}`],
  [
    /^((?:今|先[々先]?|再?来)(?:週|月)|今年|去年|昨年|一昨年|おととし|再?来年|\d+(?:[かヵカヶケ箇個]月|年)前)の?(.+)$/,
    (outer, inner) => `${englishTerm(inner)} of ${englishTerm(outer)}`,
  ],
  [/^(.+?)の?(朝|午前|午後|夜|晩)中?$/, (day, part) => `${englishTerm(day)} ${dayParts[part] ?? part}`],
];

/** The English of one term; what is no Japanese term comes back as it was. */
export function englishTerm(term: string): string {
  const compact = term.replace(/ /g, '');
  for (const [pattern, translation] of translations) {
    const match = pattern.exec(compact);
    if (match === null) continue;
    return typeof translation === 'string' ? compact.replace(pattern, translation) : translation(...match.slice(1));
  }
  return term;
}
