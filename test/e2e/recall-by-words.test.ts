/**
 * Recall by words alone, as a client sees it: short Japanese words, other widths and cases of the same characters,
 * mixed scripts, names and dates are found; whatever a search engine would take for syntax is text.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEachEra } from '../support/eras.ts';
import type { TestServer } from '../support/server.ts';

const memories = {
  strawberry: '苺のアレルギーがある',
  dog: '犬の名前はポチ',
  kyoto: '来年の春に京都へ引っ越す',
  tokyo: '東京都の病院で働いている',
  coffee: '朝はコーヒーを二杯飲む',
  halfWidth: '会員番号はｱﾊﾞﾛﾝ-００７',
  fullWidth: 'ＷｉＦｉのパスワードはＡＢＣ１２３',
  typescript: 'TypeScriptで書き直すと決めた',
  doctor: "Dr. O'Brien called about the MRI",
  tanaka: '田中さんは営業部の佐々木さんと結婚した',
  wedding: '結婚式は2026年3月15日に行う',
  deploy: 'The deploy of 2026-04-01 was rolled back',
  hiragana: 'りんごをむいて食べた',
  decomposed: 'ハ\u309aン屋の名前はカ\u3099ーテ\u3099ン',
  rareKanji: '𠮷野家で牛丼を食べた',
  emoji: '記念日は🎂の日',
  sentence: 'The quick brown fox jumps over the lazy dog',
};
type Name = keyof typeof memories;

describeEachEra('recall by words', (spawn) => {
  let server: TestServer;
  const keys = new Map<string, Name>();

  beforeAll(async () => {
    server = await spawn({ owner: 'caller' });
    for (const [name, content] of Object.entries(memories)) {
      const { key } = await server.create(content);
      keys.set(key, name as Name); // Object.entries widens the names of a constant
    }
  });
  afterAll(() => server.dispose());

  async function found(query: string): Promise<(Name | undefined)[]> {
    const { results } = await server.search(query, { limit: 50 });
    return results.map(({ key }) => keys.get(key));
  }

  it.each<[string, Name[]]>([
    // One character
    ['苺', ['strawberry']],
    ['犬', ['dog']],
    ['春', ['kyoto']],
    ['朝', ['coffee']],
    ['𠮷', ['rareKanji']],
    // Two characters; 京都 is not the 京都 inside 東京都, which shares it as a bigram and may follow
    ['ポチ', ['dog']],
    ['来年', ['kyoto']],
    ['病院', ['tokyo']],
    ['りん', ['hiragana']],
    ['牛丼', ['rareKanji']],
    // Width, case and composition of the same characters
    ['コーヒー', ['coffee']],
    ['ｺｰﾋｰ', ['coffee']],
    ['アバロン', ['halfWidth']],
    ['ｱﾊﾞﾛﾝ', ['halfWidth']],
    ['007', ['halfWidth']],
    ['wifi', ['fullWidth']],
    ['ＷＩＦＩ', ['fullWidth']],
    ['abc123', ['fullWidth']],
    ['ガーデン', ['decomposed']],
    ['パン', ['decomposed']],
    // Scripts side by side
    ['TypeScript', ['typescript']],
    ['typescript', ['typescript']],
    ['書き直す', ['typescript']],
    ['MRI', ['doctor']],
    ['mri', ['doctor']],
    // Names
    ['田中', ['tanaka']],
    ['佐々木', ['tanaka']],
    ["O'Brien", ['doctor']],
    ['brien', ['doctor']],
    // Dates as they were written
    ['2026年3月15日', ['wedding']],
    ['3月15日', ['wedding']],
    ['2026-04-01', ['deploy']],
    // Nothing of it is stored
    ['猫', []],
    ['大阪', []],
    ['xylophone', []],
  ])('%s finds what holds it', async (query, expected) => {
    const names = await found(query);
    expect(names.slice(0, expected.length)).toEqual(expected);
    if (expected.length === 0) expect(names).toEqual([]);
  });

  it('京都 finds Kyoto, wherever 東京都 stands', async () => {
    expect(await found('京都')).toContain('kyoto');
  });

  it('a whole question finds what shares its rare words', async () => {
    expect((await found('犬の名前は何でしたか？'))[0]).toBe('dog');
    expect((await found('What did the doctor O’Brien say about the MRI scan?'))[0]).toBe('doctor');
  });

  it('several words find the memory that holds them all before those that hold one', async () => {
    expect((await found('quick lazy fox'))[0]).toBe('sentence');
    expect((await found('結婚 2026年'))[0]).toBe('wedding');
  });

  describe('what looks like search syntax', () => {
    it.each([
      '"',
      '""',
      '"苺',
      "'",
      '*',
      '苺*',
      '^苺',
      '苺 AND',
      'AND OR NOT',
      '苺 OR 犬',
      'NOT 苺',
      '-苺',
      'NEAR(苺 犬)',
      'NEAR(苺 犬, 2',
      'content:苺',
      'terms : 苺',
      '{terms content}: 苺',
      '(苺',
      ')',
      '苺 + 犬',
      '\\',
      '%',
      '_',
      '?',
      '; --',
      '" OR 1=1 --',
      "'; DROP TABLE memories; --",
      '\0苺',
      '苺\0',
      '\ud83d',
      '🎂',
      '\u202e\u200b',
      '。、！？',
    ])('%j is text', async (query) => {
      const reply = await server.call('memory_search', { query });
      expect(reply.text).not.toMatch(/sql|fts5|syntax|malformed|internal/i);
      expect(reply.isError).toBe(false);
      // The words beside an operator are still looked for.
      if (query.includes('苺')) expect(reply.text).toContain(memories.strawberry);
      expect((await found('苺'))[0]).toBe('strawberry');
    });

    it.each([
      ['one Japanese word over and over', '苺'.repeat(3_400)],
      [
        'ten kilobytes of different characters',
        Array.from({ length: 3_400 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join(''),
      ],
      [
        'two thousand English words',
        'strawberry '.repeat(1_000) + Array.from({ length: 1_000 }, (_, index) => `word${index}`).join(' '),
      ],
      ['one word of ten kilobytes', 'a'.repeat(10_240)],
      ['ten kilobytes of quotes', '"'.repeat(10_240)],
      ['ten kilobytes of operators', 'NEAR( AND '.repeat(1_024)],
    ])('%s is answered', async (_, query) => {
      const reply = await server.call('memory_search', { query });
      expect(reply.text).not.toMatch(/sql|fts5|syntax|malformed|internal/i);
      expect(reply.isError).toBe(false);
    });

    it('in a stored text is stored as it is, and changes no other answer', async () => {
      const hostile = `" OR 1=1 -- '); DROP TABLE memories; NEAR(x) \\ % _ *`;
      const { key } = await server.create(hostile);
      const { memories: read } = await server.read(key);
      expect(read[0]?.content).toBe(hostile);
      expect((await found('犬'))[0]).toBe('dog');
      await server.call('memory_delete', { keys: [key] });
    });
  });
});
