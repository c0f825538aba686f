import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentTerms, queryTermLimit, queryTerms } from '../../../../src/core/text/terms.ts';

/** Whether a lookup of any term of the question would name the text, as full text does it. */
function finds(query: string, text: string): boolean {
  const terms = documentTerms(text);
  return queryTerms(query).some((asked) =>
    terms.some((term) => (asked.prefix ? term.startsWith(asked.text) : term === asked.text)),
  );
}

function weightOf(term: string, query: string): number | undefined {
  return queryTerms(query).find(({ text, prefix }) => text === term && !prefix)?.weight;
}

describe('a question finds a text', () => {
  it.each([
    ['苺', '苺のアレルギーがある'],
    ['犬', '犬'],
    ['犬', '昨日は犬と歩いた'],
    ['犬', '白い犬'],
    ['京都', '来年は京都へ行く'],
    ['ぬ', 'いぬがいる'],
    ['ぬ', 'これはいぬ'],
    ['アメ', 'あめが好き'],
    ['リンゴ', 'りんごを買った'],
    ['ﾃﾞｰﾀﾍﾞｰｽ', 'データベースの設計'],
    ['Ｐｙｔｈｏｎ', 'pythonを学ぶ'],
    ['PostgreSQL', '来週PostgreSQLを更新する'],
    ['バイオリン', 'ヴァイオリンを習っている'],
    ['三か月', '三ヶ月ぶり'],
    ['〇', '二〇二六年'],
    ['𠮷', '𠮷野家で食べた'],
    ['𠮷野家', '昼は𠮷野家'],
    ['서울', '서울에서 살았다'],
    ['강', '한강'],
    ['node.js', 'Node.js 20 を使う'],
    ['C++', 'She writes C++ at work'],
    ['C#', 'C# and F#'],
    ['dog', 'Two dogs in the garden'],
    ['running', 'She runs every morning'],
    ['studies', 'a study of bees'],
    ['adoption', 'They adopted a child'],
    ['Caroline', "That is Caroline's book"],
    ['John', 'John’s guitar'],
    ['cafe', 'Café de Flore'],
    ['2026-11-24', 'Due on 2026/11/24'],
    ['１２月', '12月に引っ越す'],
    ['🎂', 'お誕生日🎂おめでとう'],
  ])('%s is in "%s"', (query, text) => {
    expect(finds(query, text)).toBe(true);
  });

  it.each([
    ['犬', '猫がいる'],
    ['C', 'She writes C++'],
    ['C++', 'Vitamin C'],
    ['cat', 'a catalogue'],
    ['が', 'かき'],
  ])('but %s is not in "%s"', (query, text) => {
    expect(finds(query, text)).toBe(false);
  });

  it('for any part of a text', () => {
    const letters = fc.constantFrom(...'犬猫京都東の日がばたアイーヶ𠮷〇々한강aBé1Ａ🎂');
    const text = fc.array(letters, { minLength: 1, maxLength: 30 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.nat(), (whole, seed) => {
        const joined = [...whole.matchAll(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]+/gu)];
        fc.pre(joined.length > 0);
        const run = [...(joined[seed % joined.length]?.[0] ?? '')];
        const start = seed % run.length;
        expect(finds(run.slice(start, start + 1 + (seed % 3)).join(''), whole)).toBe(true);
      }),
    );
  });
});

describe('the terms of a question', () => {
  it('weigh content above the words and endings that only shape it', () => {
    const query = 'Where did the 犬 go, カメラを買いましたか';
    expect(weightOf('did', query)).toBeLessThan(weightOf('go', query) ?? 0);
    expect(weightOf('まし', query)).toBeLessThan(weightOf('買い', query) ?? 0);
    expect(weightOf('買い', query)).toBeLessThan(weightOf('かめ', query) ?? 0);
  });

  it('are distinct', () => {
    const texts = queryTerms('山 山 Dog dogs').map(({ text }) => text);
    expect(texts).toEqual(['山', 'dog']);
  });

  it('stay few when a page is pasted, and keep the content', () => {
    const letters = [...'あいうえおかきくけこさしすせそたちつてとなにぬね'];
    const kana = letters.flatMap((one) => letters.map((other) => one + other));
    const terms = queryTerms(`${kana.join(' ')} 苺畑`);
    expect(terms).toHaveLength(queryTermLimit);
    expect(terms.map(({ text }) => text)).toContain('苺畑');
  });

  it('are none where there are no letters', () => {
    expect(queryTerms(' …！？ -- ')).toEqual([]);
  });

  it('cut a word that never ends', () => {
    expect(queryTerms('a'.repeat(50_000)).every(({ text }) => text.length <= 64)).toBe(true);
  });
});

describe('the terms of a text', () => {
  it('are all there that begin as was asked for, in their order', () => {
    const letters = fc.constantFrom(
      ...'犬猫京都東のがばアヴーヶ𠮷〇々한aBcé́1Ａ🎂 C+#',
      'ing',
      'walk',
      'e\u0301t',
      '\ud842',
    );
    const text = fc.array(letters, { maxLength: 40 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (whole, asked) => {
        const beginnings = new Set(queryTerms(asked).map((term) => term.text.charCodeAt(0)));
        const wanted = (terms: string[]) => terms.filter((term) => beginnings.has(term.charCodeAt(0)));
        expect(wanted(documentTerms(whole, beginnings))).toEqual(wanted(documentTerms(whole)));
      }),
    );
  });

  it('are pairs, kanji and the last character of a run', () => {
    expect(documentTerms('山と川を')).toEqual(['山と', '山', 'と川', '川を', '川', 'を']);
  });

  it('are none for an accent that stands alone', () => {
    expect(documentTerms('˘ ´ a')).toEqual(['a']);
    expect(queryTerms('˘')).toEqual([]);
  });

  it('hold nothing that an ASCII tokenizer would split', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        for (const term of documentTerms(text)) expect(term).toMatch(/^[a-z0-9\u0080-\u{10ffff}]+$/u);
      }),
    );
  });
});
