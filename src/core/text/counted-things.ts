/**
 * Counted things in Japanese, whichever figures count them: 四人 and 4人, 十二月 and 12月, 二〇二六年 and 2026年, 三ヶ月 and
 * 3か月, 一万円 and 10,000円. Each becomes one more term, the counter with the number behind it. Only before a counter:
 * 一緒, 四国 and 千葉 count nothing.
 */

const digitValues = new Map([...'〇一二三四五六七八九'].map((digit, value) => [digit, value]));
const largeUnits = new Map([
  ['万', 10_000],
  ['億', 100_000_000],
  ['兆', 1_000_000_000_000],
]);

const counters =
  '人名年月日時分秒週歳才回個本枚匹頭羽台冊杯階番円度点件次泊倍つ代着足軒席曲話巻章級位種割間号世歩品箱袋錠行文字社校組';
const figures = '0-9〇一二三四五六七八九十百千';
const countedPattern = new RegExp(
  `([${figures}]+(?:\\.[0-9]+)?(?:[万億兆][${figures}]*)*) ?([ヶヵケカか箇個](?=[月所国年条])|[${counters}])`,
  'g',
);
/** Sought first, because most texts count nothing. */
const anyCounted = new RegExp(`[${figures}万億兆] ?[かヶヵケカ箇${counters}]`);
/** Everything that a counted term can begin with, in UTF-16 units. */
const beginnings = [...`か${counters}`].map((counter) => counter.charCodeAt(0));

/** The counted things of a text in its folded spelling; none where no such term is among those asked for. */
export function countedTerms(text: string, asked?: ReadonlySet<number>): string[] {
  if (asked !== undefined && !beginnings.some((unit) => asked.has(unit))) return [];
  if (!anyCounted.test(text)) return [];
  const terms: string[] = [];
  for (const [, number = '', counter = ''] of text.matchAll(countedPattern)) {
    const value = readNumber(number);
    if (value !== undefined) terms.push(counterOf(counter) + writeNumber(value));
  }
  return terms;
}

function counterOf(counter: string): string {
  if (/[ヶヵケカ箇]/.test(counter)) return 'か';
  return counter === '才' ? '歳' : counter;
}

/** A full stop would end a term. */
function writeNumber(value: number): string {
  return String(value).replace('.', 'p');
}

/** 1.5万 is 15,000, 三百二十 is 320, 二〇二六 is 2026; undefined for what is no number, such as 十万百. */
function readNumber(written: string): number | undefined {
  let total = 0;
  let rest = written;
  for (const [unit, value] of [...largeUnits].reverse()) {
    const [before = '', after, ...more] = rest.split(unit);
    if (after === undefined) continue;
    const count = readSmallNumber(before);
    if (count === undefined || before === '' || more.length > 0) return undefined;
    total += count * value;
    rest = after;
  }
  const small = rest === '' ? 0 : readSmallNumber(rest);
  return small === undefined ? undefined : total + small;
}

function readSmallNumber(written: string): number | undefined {
  const figures = [...written].map((figure) => digitValues.get(figure) ?? figure).join('');
  if (/^\d+(?:\.\d+)?$/.test(figures)) return Number(figures);
  const parts = /^(?:(\d*)千)?(?:(\d*)百)?(?:(\d*)十)?(\d*)$/.exec(figures);
  if (parts === null) return undefined;
  const [whole, thousands, hundreds, tens, ones = ''] = parts;
  if (whole === '') return undefined;
  const times = (count: string | undefined, unit: number) =>
    count === undefined ? 0 : (count === '' ? 1 : Number(count)) * unit;
  return times(thousands, 1_000) + times(hundreds, 100) + times(tens, 10) + Number(ones);
}
