import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prepareQuery } from '../../../src/scoring/bm25.ts';
import { passageAround } from '../../../src/scoring/passage.ts';

const question = (query: string) => prepareQuery(query, { documents: 100, averageLength: 200, documentsWith: () => 1 });

describe('the passage that answers', () => {
  const long = `${'今日は雨だった。'.repeat(40)}妹は苺のアレルギーがある。${'明日は晴れるだろう。'.repeat(40)}`;

  it('surrounds the words of the question and keeps to whole sentences', () => {
    const { text, start } = passageAround(long, question('苺のアレルギー'), 60);
    expect(text).toContain('妹は苺のアレルギーがある。');
    expect(text.length).toBeLessThanOrEqual(60);
    expect(long.slice(start, start + text.length)).toBe(text);
    expect(text).toMatch(/^(?:今日は雨だった。)*妹は/);
  });

  it('is the beginning where no word of the question is in the text', () => {
    expect(passageAround(long, question('ロケット'), 40).start).toBe(0);
  });

  it('is the whole of a short text', () => {
    expect(passageAround('苺', question('犬'), 40)).toEqual({ text: '苺', start: 0 });
  });

  it('finds the words in a text without sentences', () => {
    const words = `${'lorem '.repeat(200)}strawberry ${'ipsum '.repeat(200)}`;
    const { text } = passageAround(words, question('strawberries'), 100);
    expect(text).toContain('strawberry');
    expect(text.length).toBeLessThanOrEqual(100);
  });

  it('never cuts a character in two nor exceeds its length', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme-composite', maxLength: 300 }),
        fc.integer({ min: 2, max: 50 }),
        (text, length) => {
          const passage = passageAround(text, question('a'), length);
          expect(passage.text.length).toBeLessThanOrEqual(Math.max(length, 0));
          expect(encodeURIComponent(passage.text)).toBeDefined();
        },
      ),
    );
  });
});
