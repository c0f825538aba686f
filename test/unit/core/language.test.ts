import { expect, it } from 'vitest';
import { languageOf } from '../../../src/core/language.ts';

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
