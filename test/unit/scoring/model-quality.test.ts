import { describe, expect, it } from 'vitest';
import { languageOf } from '../../../src/core/text/language.ts';
import { unitVector } from '../../../src/core/vector.ts';
import {
  evaluationTexts,
  type ModelQuality,
  measureModelQuality,
  modelWeight,
  nearness,
} from '../../../src/scoring/model-quality.ts';

const count = evaluationTexts.ja.questions.length;

/** Question and answer of one subject share an axis. */
function axes(strength: number): Float32Array[] {
  return Array.from({ length: count }, (_, index) =>
    unitVector(
      Array.from({ length: count + 1 }, (_, axis) => (axis === index ? strength : axis === count ? 1 : 0)),
      count + 1,
    ),
  );
}
const lost = (): Float32Array[] => axes(0);

describe('the quality of a model', () => {
  const quality = measureModelQuality({
    ja: { questions: lost(), answers: lost() },
    en: { questions: axes(1), answers: axes(1) },
  });

  it('tells the languages that it knows from those it guesses in', () => {
    expect(quality['en-en'].right).toBe(1);
    expect(quality['ja-ja'].right).toBe(0);
    expect(quality['ja-en'].right).toBe(0);
    expect(quality['en-ja'].right).toBe(0);
  });

  it('decides how far the model is trusted', () => {
    expect(modelWeight(quality, 'en', 'en')).toBe(1);
    expect(modelWeight(quality, 'ja', 'ja')).toBeGreaterThan(0);
    expect(modelWeight(quality, 'ja', 'ja')).toBeLessThan(0.1);
    expect(modelWeight(undefined, 'ja', 'ja')).toBe(1);
  });

  it('is a scale on which a question is near its own answer', () => {
    expect(nearness(quality, quality['en-en'].related, 'en', 'en')).toBeCloseTo(1);
    expect(nearness(quality, quality['en-en'].unrelated, 'en', 'en')).toBeCloseTo(0);
  });

  it('is no scale in a language that the model does not know, nor before it was measured', () => {
    expect(nearness(quality, 0.9, 'ja', 'ja')).toBeUndefined();
    expect(nearness(undefined, 0.9, 'en', 'en')).toBeUndefined();
  });

  it('grows with what the model gets right', () => {
    const half: ModelQuality = { ...quality, 'ja-ja': { ...quality['ja-ja'], right: 0.4375 } };
    expect(modelWeight(half, 'ja', 'ja')).toBeCloseTo(0.5);
  });
});

it('the probes are in the languages they say', () => {
  for (const language of ['ja', 'en'] as const) {
    for (const text of [...evaluationTexts[language].questions, ...evaluationTexts[language].answers]) {
      expect(languageOf(text)).toBe(language);
    }
  }
});
