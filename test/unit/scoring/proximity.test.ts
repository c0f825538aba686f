import { describe, expect, it } from 'vitest';
import { prepareQuery } from '../../../src/scoring/bm25.ts';
import { findTermPairs, proximity } from '../../../src/scoring/proximity.ts';

const statistics = { documents: 100, averageLength: 60, documentsWith: () => 3 };

function near(query: string, text: string): number {
  const question = prepareQuery(query, statistics);
  return proximity(findTermPairs(query, question), question, text);
}

describe('words that stand together', () => {
  it('count most side by side, less a few words apart, and nothing at the two ends of a text', () => {
    const together = near('pottery course', 'She took a pottery course in Venice');
    const apart = near('pottery course', 'The course was about pottery');
    const strangers = near('pottery course', 'The course began in May and nobody there had ever seen any good pottery');
    expect(together).toBeGreaterThan(apart);
    expect(apart).toBeGreaterThan(0);
    expect(strangers).toBe(0);
  });

  it('are told without regard to order and inflection', () => {
    expect(near('swimming lessons', 'his lesson in swimming')).toBeGreaterThan(0);
    expect(near('swimming lessons', 'lessons swim')).toBe(near('swimming lessons', 'swim lesson'));
  });

  it('may have one word between them in the question, no more', () => {
    expect(near('course of pottery', 'pottery course')).toBeGreaterThan(0);
    expect(findTermPairs('alpha beta gamma delta', prepareQuery('alpha beta gamma delta', statistics))).toHaveLength(5);
  });

  it('do not exist in scripts without spaces, whose terms already overlap', () => {
    expect(near('自転車を買った', '自転車を買った')).toBe(0);
    expect(near('自転車 bicycle shop', 'bicycle shop')).toBeGreaterThan(0);
  });

  it('count once per pair, and in total no more than the query', () => {
    const question = prepareQuery('red bike or bike red', statistics);
    const words = findTermPairs('red bike or bike red', question).map((pair) => [...pair.words].sort().join(' '));
    expect(words).toEqual([...new Set(words)]);
    const page = Array.from({ length: 300 }, (_, index) => `word${index % 40}`).join(' ');
    expect(near(page, page)).toBeLessThanOrEqual(1);
  });

  it('are found in a text that repeats them many thousand times, at its beginning', () => {
    expect(near('pottery course', 'pottery course '.repeat(50_000))).toBeGreaterThan(0);
    expect(near('pottery course', `${'tennis '.repeat(5_000)} pottery course`)).toBe(0);
  });
});
