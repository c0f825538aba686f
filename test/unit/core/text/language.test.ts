import fc from 'fast-check';
import { expect, it } from 'vitest';
import { languageOf } from '../../../../src/core/text/language.ts';

it.each([
  ['苺が好き', 'ja'],
  ['来週PostgreSQLとKubernetesを更新する', 'ja'],
  ['ﾃｽﾄ', 'ja'],
  ['서울에서 살았다', 'ja'],
  ['She lives in 東京 and works for a bank there since last year', 'en'],
  ['Où est la gare ?', 'en'],
  ['2026-11-24', 'en'],
  ['', 'en'],
])('%s is %s', (text, language) => {
  expect(languageOf(text)).toBe(language);
});

it('counts every letter of the first 400, of whatever script', () => {
  const unit = fc.constantFrom(...'苺がテー々〇、｡ﾃ한é𠮷😀Zz9 -', '\ud842', 'か\u3099');
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 450 }), (units) => {
      const beginning = units.join('').slice(0, 400);
      const own = beginning.match(/[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}]/gu)?.length ?? 0;
      const letters = beginning.match(/\p{L}/gu)?.length ?? 0;
      expect(languageOf(units.join(''))).toBe(own > 0 && own >= 0.2 * letters ? 'ja' : 'en');
    }),
  );
});
