import { describe, expect, it } from 'vitest';
import type { ModelQuality } from '../../../src/scoring/model-quality.ts';
import { type Candidate, measureDistribution, type Ranked } from '../../../src/scoring/ranking.ts';
import { createHitTest, judgeStrength, type StrengthEvidence } from '../../../src/scoring/strength.ts';

const knows = { right: 1, related: 0.8, unrelated: 0.5 };
const quality: ModelQuality = { 'ja-ja': knows, 'ja-en': knows, 'en-ja': knows, 'en-en': knows };
const distribution = measureDistribution(
  Array.from({ length: 100 }, (_, index) => ({ cosine: 0.5 + (index % 3) / 20, language: 'ja' as const })),
);

function entry(strength: number, parts: Partial<Ranked<Candidate>>): Ranked<Candidate> {
  const memory = { id: 1, importance: 0.5, created_at: '2026-11-24T00:00:00Z' };
  return { memory, language: 'ja', coverage: 0, strength, ...parts };
}

function judge(ranked: StrengthEvidence['ranked'], more: Partial<StrengthEvidence> = {}) {
  return judgeStrength({ ranked, asked: 'ja', distribution, quality, ...more });
}

const answer = entry(8, { cosine: 0.85, coverage: 0.5 });
const faint = entry(3, { cosine: 0.77, coverage: 0.1 });
const unrelated = entry(2, { cosine: 0.55, coverage: 0.1 });

describe('the strength of an answer', () => {
  it('is moved towards none by a reranker that reads no answer, and away from it by one that does', () => {
    const faraway = entry(3, { cosine: 0.74, coverage: 0.1 });
    expect(judge([faraway]).strength).toBe('none');
    expect(judge([faraway], { readings: [2] }).strength).toBe('weak');
    const farther = entry(3, { cosine: 0.76, coverage: 0.1 });
    expect(judge([farther]).strength).toBe('weak');
    expect(judge([farther], { readings: [0, -0.1] }).strength).toBe('none');
    expect(judge([farther], { readings: [0, 1] }).strength).toBe('weak');
  });

  it('is not strong where the reranker reads a better answer in another, or none in the best', () => {
    expect(judge([answer, faint], { readings: [2, 1] }).strength).toBe('strong');
    expect(judge([answer, faint], { readings: [1, 2] }).strength).toBe('weak');
    expect(judge([answer, faint], { readings: [-0.1, -0.2] }).strength).toBe('weak');
  });

  it('needs a smaller lead by words where the reranker reads the answer in the best alone', () => {
    const words = { quality: undefined, distribution: undefined };
    const ranked = [entry(3, { coverage: 0.2 }), entry(1.8, { coverage: 0.1 })];
    expect(judge(ranked, words).strength).toBe('weak');
    expect(judge(ranked, { ...words, readings: [3, 0.5] }).strength).toBe('strong');
    expect(judge(ranked, { ...words, readings: [3, 2.5] }).strength).toBe('weak');
    expect(judge(ranked, { ...words, readings: [1.5, -1] }).strength).toBe('weak');
    const close = [entry(3, { coverage: 0.2 }), entry(2.8, { coverage: 0.2 })];
    expect(judge(close, { ...words, readings: [3, 0.5] }).strength).toBe('weak');
  });

  it('is strong when one memory is near and stands above the rest', () => {
    expect(judge([answer, faint])).toEqual({ strength: 'strong', calibration: 'measured' });
  });

  it('is weak when several are alike, or the best is far', () => {
    expect(judge([answer, { ...answer, strength: 7.5 }]).strength).toBe('weak');
    expect(judge([{ ...faint, strength: 8 }, unrelated]).strength).toBe('weak');
  });

  it('needs a clearer lead where meaning was searched than by words alone', () => {
    const ranked = [
      { ...answer, strength: 4.2 },
      { ...answer, strength: 1.8, coverage: 0.2 },
    ];
    expect(judge(ranked).strength).toBe('weak');
    expect(judge(ranked, { quality: undefined, distribution: undefined }).strength).toBe('strong');
  });

  it('is strong by words alone where they say enough, and only there', () => {
    const words = { quality: undefined, distribution: undefined };
    const said = entry(5, { coverage: 0.6 });
    expect(judge([said, entry(1, { coverage: 0.1 })], words)).toEqual({ strength: 'strong', calibration: 'none' });
    expect(judge([entry(2, { coverage: 0.2 })], words).strength).toBe('weak');
  });

  it('needs a lead that counts beside the strength of the best itself', () => {
    const second = { ...answer, coverage: 0.2 };
    expect(
      judge([
        { ...answer, strength: 10 },
        { ...second, strength: 7 },
      ]).strength,
    ).toBe('strong');
    expect(
      judge([
        { ...answer, strength: 20 },
        { ...second, strength: 17 },
      ]).strength,
    ).toBe('weak');
  });

  it('is strong only where words and meaning agree on the best', () => {
    const other = { ...faint, coverage: 0.3, meaning: 2 };
    expect(judge([{ ...answer, meaning: 4 }, other]).strength).toBe('strong');
    expect(
      judge([
        { ...answer, meaning: 4 },
        { ...other, coverage: 0.48 },
      ]).strength,
    ).toBe('weak');
    expect(
      judge([
        { ...answer, meaning: 4 },
        { ...other, meaning: 5 },
      ]).strength,
    ).toBe('weak');
  });

  it('is strong by nearness alone where words cannot tell', () => {
    const english = { ...answer, language: 'en' as const, coverage: 0 };
    expect(judge([english, unrelated]).strength).toBe('strong');
    expect(judge([{ ...english, cosine: 0.75 }, unrelated]).strength).toBe('weak');
    expect(
      judge([
        { ...answer, coverage: 0 },
        { ...unrelated, coverage: 0 },
      ]).strength,
    ).toBe('strong');
  });

  it('judges a model that guesses by the words', () => {
    const lost = { ...quality, 'ja-ja': { ...knows, right: 0.1 } };
    const ranked = [
      { ...answer, meaning: 1 },
      { ...faint, meaning: 6 },
    ];
    expect(judge(ranked, { quality: lost }).strength).toBe('strong');
  });

  it('is none sooner among many memories that lie as near, and later for one that stands out', () => {
    const crowd = (meaning: number) => Array.from({ length: 12 }, () => ({ ...unrelated, meaning }));
    const near = { ...unrelated, cosine: 0.77 };
    expect(judge([{ ...near, meaning: 3 }, ...crowd(2.8)]).strength).toBe('none');
    expect(judge([{ ...near, meaning: 4.5 }, ...crowd(2.8)]).strength).toBe('weak');
    expect(judge([{ ...unrelated, meaning: 6 }, ...crowd(2.8)]).strength).toBe('weak');
  });

  it('is none when no memory is about the question', () => {
    expect(judge([unrelated, unrelated]).strength).toBe('none');
    expect(judge([]).strength).toBe('none');
  });

  it('is weak where words found nothing, but could not have found what is written in another language', () => {
    expect(judge([], { quality: undefined, distribution: undefined, beyondWords: true })).toEqual({
      strength: 'weak',
      calibration: 'none',
    });
  });

  it('is not none while one memory may be about it', () => {
    expect(judge([unrelated, { ...unrelated, cosine: 0.77 }]).strength).toBe('weak');
    expect(judge([unrelated, { ...unrelated, coverage: 0.4 }]).strength).toBe('weak');
    expect(judge([unrelated, { ...unrelated, cosine: undefined }]).strength).toBe('weak');
  });

  it('demands more before it says none across languages', () => {
    const japanese = { ...unrelated, cosine: 0.65 };
    const english = { ...japanese, language: 'en' as const };
    expect(judge([japanese]).strength).toBe('none');
    expect(judge([english]).strength).toBe('weak');
    expect(judge([{ ...english, cosine: 0.55 }]).strength).toBe('none');
  });

  it('is never none without a measured model that knows the language', () => {
    const lost = { ...quality, 'ja-ja': { ...knows, right: 0.1 } };
    expect(judge([unrelated], { quality: undefined })).toEqual({ strength: 'weak', calibration: 'sampled' });
    expect(judge([unrelated], { quality: lost })).toEqual({ strength: 'weak', calibration: 'sampled' });
  });

  it('says that it rests on nothing where few vectors or none were looked at', () => {
    const few = { ...distribution, size: 63 };
    expect(judge([faint], { quality: undefined, distribution: few }).calibration).toBe('none');
    expect(judge([faint], { distribution: undefined }).calibration).toBe('none');
  });
});

describe('a result counts as a hit', () => {
  const hit = (
    parts: Partial<Ranked<Candidate>>,
    weights: readonly number[] = [],
    more: Partial<StrengthEvidence> = {},
  ) => {
    const matched = weights.map((weight) => ({ text: 'x', prefix: false, weight, documents: 1, value: 1 }));
    const tested = { ...entry(1, parts), matched };
    return createHitTest({ ranked: [tested], asked: 'ja', distribution, quality, ...more })(tested);
  };

  it('when it holds a word of the query, or most of one that has only endings', () => {
    expect(hit({ coverage: 0.02 }, [0.25, 1])).toBe(true);
    expect(hit({ coverage: 0.4 }, [0.25])).toBe(true);
    expect(hit({ coverage: 0.02 }, [0.25, 0.2, 0.4])).toBe(false);
  });

  it('unless none was said of all of them', () => {
    const parts = { cosine: 0.77, meaning: 3 };
    const crowd = Array.from({ length: 12 }, () => ({ ...unrelated, meaning: 2.8 }));
    expect(hit(parts, [], { ranked: [entry(1, parts), ...crowd] })).toBe(false);
    expect(hit(parts, [], { ranked: [entry(1, { ...parts, meaning: 6 }), ...crowd] })).toBe(true);
  });

  it('when it lies nearer than the limit of none, or its nearness cannot be told', () => {
    expect(hit({ cosine: 0.77 })).toBe(true);
    expect(hit({ cosine: 0.55 })).toBe(false);
    expect(hit({ cosine: 0.55 }, [], { quality: undefined })).toBe(true);
    expect(hit({ cosine: undefined })).toBe(false);
  });
});
