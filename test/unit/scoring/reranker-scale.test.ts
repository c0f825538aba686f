import { describe, expect, it } from 'vitest';
import { measureRerankerScale, readScore, rerankerTrials } from '../../../src/scoring/reranker-scale.ts';

/** As many trials as there are, all scored alike: the own answer, then the others. */
const trialsOf = (own: number, other: number) => rerankerTrials('ja').map(() => [own, other, other, other]);

describe('the scale of a reranker', () => {
  it('is measured with questions that are read with their own answer first and three others', () => {
    for (const language of ['ja', 'en'] as const) {
      const trials = rerankerTrials(language);
      expect(trials).toHaveLength(16);
      for (const { answers } of trials) expect(new Set(answers).size).toBe(4);
      expect(new Set(trials.map(({ answers: [own] }) => own)).size).toBe(16);
    }
    expect(rerankerTrials('en')[0]).toMatchObject({
      question: 'What pet lives with me?',
      answers: [
        'There are two calico cats at home.',
        'Oysters make me feel sick.',
        expect.any(String),
        expect.any(String),
      ],
    });
  });

  it('puts the mean of other answers at 0 and that of own answers at 1, whatever the reranker calls them', () => {
    for (const [own, other] of [
      [0.9, 0.1],
      [0.2, 0.001],
    ] as const) {
      const scale = measureRerankerScale(trialsOf(own, other));
      expect(readScore(scale, own)).toBeCloseTo(1);
      expect(readScore(scale, other)).toBeCloseTo(0);
    }
  });

  it('reads the certain scores 0 and 1 as very low and very high', () => {
    const scale = measureRerankerScale(trialsOf(0.9, 0.1));
    expect(readScore(scale, 0)).toBeLessThan(-1);
    expect(readScore(scale, 1)).toBeGreaterThan(2);
    expect(readScore(scale, 1)).toBeLessThan(10);
  });

  it('is none of a reranker that was not measured, guesses, or prefers what does not answer', () => {
    expect(readScore(undefined, 0.9)).toBeUndefined();
    const trials = rerankerTrials('ja').map((_, index) =>
      index % 4 === 0 ? [0.9, 0.1, 0.1, 0.1] : [0.5, 0.6, 0.1, 0.1],
    );
    expect(measureRerankerScale(trials).right).toBe(0.25);
    expect(readScore(measureRerankerScale(trials), 0.9)).toBeUndefined();
    expect(readScore(measureRerankerScale(trialsOf(0.1, 0.9)), 0.9)).toBeUndefined();
  });
});
