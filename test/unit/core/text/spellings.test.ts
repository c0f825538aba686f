/** One word in two spellings: each finds the other. And words that only look alike: neither finds the other. */
import { describe, expect, it } from 'vitest';
import { documentTerms, queryTerms } from '../../../../src/core/text/terms.ts';

/** The terms by which full text would name the text. */
function shared(query: string, text: string): string[] {
  const terms = documentTerms(text);
  return queryTerms(query)
    .filter((asked) => terms.some((term) => (asked.prefix ? term.startsWith(asked.text) : term === asked.text)))
    .map(({ text, prefix }) => (prefix ? `${text}*` : text));
}

function findEachOther(pairs: readonly (readonly [string, string])[]): void {
  it.each(pairs)('%s and %s', (one, other) => {
    expect(shared(one, other)).not.toEqual([]);
    expect(shared(other, one)).not.toEqual([]);
  });
}

describe('find each other in Latin script:', () => {
  findEachOther([
    ['e-mail', 'email'],
    ['E-Mails', 'email'],
    ['Wi-Fi', 'wifi'],
    ['Wi‑Fi', 'WiFi'],
    ['Wi－Fi', 'ＷｉＦｉ'],
    ['T–shirt', 'tshirt'],
    ['check-in', 'checkin'],
    ['long-term', 'longterm'],
    ['co\u00adoperate', 'cooperate'],
    ['Node.js', 'NodeJS'],
    ['R&D', 'RD'],
    ["O'Brien", 'OBrien'],
    ['O’Brien', 'Obrien'],
    ['16GB', '16 GB'],
    ['16GB', '16-GB'],
    ['５km', '5 km'],
    ['Node20', 'node'],
    ['Node20', 'Node 20'],
    ['npm10', 'npm'],
    ['iPhone 15', 'iPhone15'],
    ['Łódź', 'Lodz'],
    ['Søren', 'Soren'],
    ['Søren', 'Soeren'],
    ['Æsop', 'aesop'],
    ['œuvre', 'oeuvre'],
    ['ılıca', 'ilica'],
    ['İzmir', 'izmir'],
    ['Straße', 'strasse'],
    ['Müller', 'Mueller'],
    ['Müller', 'Muller'],
    ['Sox™', 'sox'],
    ['®Lego', 'lego'],
    ['U.S.A.', 'USA'],
    ['U.S.A', 'usa'],
    ['e.g.', 'eg'],
    ['5 p.m.', 'pm'],
    ['C++', 'cpp'],
    ['C♯', 'C#'],
    ["it's", 'its'],
    ["don't", 'dont'],
    ["can't", 'cannot'],
    ['1,000', '1000'],
    ['１，０００', '1000'],
    ['1,234,567', '1234567'],
    ['090-1234-5678', '09012345678'],
    ['2026-11-24', '20261124'],
    ['½', '1/2'],
    ['ﬁle', 'file'],
    ['Ⅳ', 'IV'],
    ['m²', 'm2'],
    ['日本no.①', '1'],
    ['❷', '2'],
    ['⑫', '12'],
    ['Москвё', 'москве'],
    ['أحمد', 'احمد'],
  ]);
});

describe('find each other in Japanese:', () => {
  findEachOther([
    ['サーバー', 'サーバ'],
    ['サ−バ−', 'サーバー'],
    ['サ―バ', 'サーバ'],
    ['ﾃﾞｰﾀ', 'データ'],
    ['デ-タ', 'データ'],
    ['ﾊﾝｶｸ', 'ハンカク'],
    ['すご〜い', 'すごーい'],
    ['ヴァイオリン', 'バイオリン'],
    ['ヴィーナス', 'ビーナス'],
    ['ウィスキー', 'ウイスキー'],
    ['ソフトウェア', 'ソフトウエア'],
    ['ねぇ', 'ねえ'],
    ['アイス・クリーム', 'アイスクリーム'],
    ['ジャン＝ポール', 'ジャンポール'],
    ['いすゞ', 'いすず'],
    ['いなづま', 'いなずま'],
    ['ゐど', 'いど'],
    ['㈱', '株'],
    ['㌔', 'キロ'],
    ['㍻', '平成'],
    ['國', '国'],
    ['澤田', '沢田'],
    ['齋藤', '斎藤'],
    ['髙橋', '高橋'],
    ['渡邊', '渡辺'],
    ['渡邉', '渡辺'],
    ['濵', '浜'],
    ['𠮷', '吉'],
    ['葛󠄀', '葛'],
    ['四人', '4人'],
    ['４人', '四人'],
    ['十二月', '12月'],
    ['二〇二六年', '2026年'],
    ['三ヶ月', '3か月'],
    ['三ヵ月', '3ケ月'],
    ['3個所', '三ヶ所'],
    ['一万円', '10,000円'],
    ['1.5万円', '15000円'],
    ['三百二十円', '320円'],
    ['一億人', '1億人'],
    ['三つ', '3つ'],
    ['二十才', '20歳'],
    ['熊', 'クマ'],
    ['クマ', 'くまが出た'],
    ['くま', '山で熊に会った'],
    ['ウサギ', '兎を飼う'],
    ['林檎', 'りんご'],
    ['リンゴ', '林檎の木'],
    ['蕎麦', 'ソバ'],
    ['こども', '子ども'],
    ['子供', 'こども'],
    ['ひとり', '一人で'],
    ['美味しい', 'おいしい'],
  ]);
});

describe('do not find each other:', () => {
  it.each([
    ['ビル', 'ビール'],
    ['クマ', '熊本'],
    ['くま', '熊本'],
    ['いぬ', '番犬'],
    ['ネコ', '猫背'],
    ['犬', '狼'],
    ['いぬ', '戌'],
    ['四', '4'],
    ['一緒', '1'],
    ['千葉', '1000'],
    ['3.12', '312'],
    ['C', 'C#'],
    ['C', 'C++'],
    ['16GB', '3 cats'],
    ["we're", 'wear'],
    ["I'll", 'ill'],
    ['国', '園'],
    ['e-mail', 'female'],
  ])('%s and %s', (one, other) => {
    expect([one, other, shared(one, other)]).toEqual([one, other, []]);
    expect([other, one, shared(other, one)]).toEqual([other, one, []]);
  });
});

it.each([
  ['16GB', '16 people'],
  ['mp3', '3 cats'],
])('%s does not ask for the figure in "%s"', (query, text) => {
  expect(shared(query, text)).toEqual([]);
});

it('of two memories, the one with the same word in another spelling shares more', () => {
  expect(shared('e-mail', 'my email address')).toContain('email');
  expect(shared('e-mail', 'the mail came')).not.toContain('email');
  expect(shared('四人', '4人で行く').length).toBeGreaterThan(shared('四人', '5人で行く').length);
});
