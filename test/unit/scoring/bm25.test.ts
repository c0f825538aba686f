import { describe, expect, it } from 'vitest';
import { documentTerms } from '../../../src/core/text/terms.ts';
import { prepareQuery, scoreText, type TextStatistics } from '../../../src/scoring/bm25.ts';

function statisticsOf(texts: readonly string[]): TextStatistics {
  const termsOfTexts = texts.map((text) => [...new Set(documentTerms(text))]);
  return {
    documents: texts.length,
    averageLength: texts.reduce((sum, text) => sum + text.length, 0) / texts.length,
    documentsWith: ({ text, prefix }) =>
      termsOfTexts.filter((terms) => terms.some((term) => (prefix ? term.startsWith(text) : term === text))).length,
  };
}

function best(query: string, texts: readonly string[]): string | undefined {
  const question = prepareQuery(query, statisticsOf(texts));
  const scored = texts.map((text) => ({ text, coverage: scoreText(question, text).coverage }));
  return scored.sort((one, other) => other.coverage - one.coverage)[0]?.text;
}

function coverage(query: string, text: string, store: readonly string[]): number {
  return scoreText(prepareQuery(query, statisticsOf(store)), text).coverage;
}

describe('the value of a term', () => {
  // ln(1 + (N - n + 0.5) / (n + 0.5)), for the n of N texts that hold it.
  it.each([
    [1, 4, 1.204],
    [2, 4, Math.LN2],
    [4, 4, 0.105],
    [10_000, 10_000, 0.00005],
    [0, 4, Math.LN10],
    // A frequency that is out of date counts as that of a word which every text holds.
    [9, 4, 0.105],
  ])('that %d of %d texts hold is %f', (holding, documents, value) => {
    const [term] = prepareQuery('苺', { documents, averageLength: 10, documentsWith: () => holding }).terms;
    expect((term?.value ?? 0) / (term?.weight ?? 0)).toBeCloseTo(value, 3);
  });
});

describe('coverage', () => {
  const store = ['妹は苺が好き', '兄は車が好き', '父は釣りが好き', '母は花が好き'];

  it('is zero without a shared term, and below one with all', () => {
    expect(coverage('ロケット', '妹は苺が好き', store)).toBe(0);
    const all = coverage('妹は苺が好き', '妹は苺が好き', store);
    expect(all).toBeGreaterThan(0.5);
    expect(all).toBeLessThan(1);
  });

  it('counts what is asked for and found nowhere', () => {
    expect(coverage('苺とロケット', '妹は苺が好き', store)).toBeLessThan(coverage('苺', '妹は苺が好き', store));
  });

  it('is zero for a question without terms, and counts a shared term where the store knows nothing of its frequency', () => {
    expect(coverage('？', '妹は苺が好き', store)).toBe(0);
    const nothing = { documents: 0, averageLength: 0, documentsWith: () => 0 };
    expect(scoreText(prepareQuery('苺', nothing), '苺').coverage).toBeGreaterThan(0);
  });

  it('names the terms that were found, most valuable first, with the one for a word in either script', () => {
    const { matched } = scoreText(prepareQuery('好きな苺', statisticsOf(store)), '妹は苺が好き');
    expect(matched.map(({ text }) => text)).toEqual(['苺', '苺いちご', '好', '好き']);
  });

  it('does not depend on other candidates, and stays within 0 and 1 for counts that overshoot', () => {
    const careless = { documents: 4, averageLength: 6, documentsWith: () => 400 };
    const { coverage } = scoreText(prepareQuery('苺が好き', careless), '苺が好き苺が好き');
    expect(coverage).toBeGreaterThan(0);
    expect(coverage).toBeLessThan(1);
  });
});

describe('ranking by words', () => {
  it('follows the rare part of a long question', () => {
    const texts = [
      'What I would like you to tell me is what you did and where you have been when they asked',
      'Joanna hiked up to the waterfall',
      'When did they do that? I have no idea what it is that you have',
    ];
    expect(best('When was it that they told me what Joanna did at the waterfall?', texts)).toBe(texts[1]);
  });

  it('follows the content of a Japanese question, not its endings', () => {
    const texts = ['どこへ出かけていましたか', '沖縄で泳いだ', '宿題を忘れてしまいました'];
    expect(best('沖縄では何をしていましたか', texts)).toBe('沖縄で泳いだ');
  });

  it('prefers the text that holds the words together', () => {
    expect(best('東京都', ['東の京に都', '東京都の空'])).toBe('東京都の空');
  });

  it('prefers the short of two texts that say it once', () => {
    const long = `苺が好き。${'今日は雨だった。'.repeat(20)}`;
    expect(best('苺', [long, '苺が好き。'])).toBe('苺が好き。');
  });

  it('gives part of the credit to another form of a word', () => {
    const texts = ['They adopted a child', 'They bought a house'];
    expect(best('adoption', texts)).toBe(texts[0]);
  });
});
