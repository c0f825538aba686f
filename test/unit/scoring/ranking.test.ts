import { describe, expect, it } from 'vitest';
import type { Language } from '../../../src/core/text/language.ts';
import type { ModelQuality } from '../../../src/scoring/model-quality.ts';
import { type Candidate, measureDistribution, rank, scoreOf, zScore } from '../../../src/scoring/ranking.ts';

const now = new Date('2026-11-24T00:00:00Z');
/** Cosines spread around 0.5 by 0.1. */
const sample = Array.from({ length: 100 }, (_, index) => ({
  cosine: 0.5 + (index % 2 === 0 ? 0.1 : -0.1),
  language: 'ja' as Language,
}));
const distribution = measureDistribution(sample);

function candidate(
  id: number,
  parts: Partial<Candidate> & { importance?: number; created_at?: string } = {},
): Candidate {
  const { importance = 0.5, created_at = `2026-0${(id % 9) + 1}-01T00:00:00Z`, ...rest } = parts;
  return { language: 'ja', coverage: 0, ...rest, memory: { id, importance, created_at } };
}

function order(candidates: readonly Candidate[], more: Partial<Parameters<typeof rank>[1]> = {}): number[] {
  return rank(candidates, { asked: 'ja', now, distribution, ...more }).map(({ memory }) => memory.id);
}

describe('one order out of two scores', () => {
  it('does not let a shared ending outweigh a near meaning, nor a faint likeness the very words', () => {
    const meant = candidate(10, { cosine: 0.9 });
    const sharesAnEnding = candidate(20, { cosine: 0.5, coverage: 0.08 });
    const saysIt = candidate(30, { cosine: 0.5, coverage: 0.6 });
    expect(order([sharesAnEnding, meant])).toEqual([10, 20]);
    expect(order([meant, saysIt])).toEqual([30, 10]);
  });

  it('uses the words alone where meaning was not searched', () => {
    const words = [candidate(10, { coverage: 0.1 }), candidate(20, { coverage: 0.4 })];
    expect(order(words, { distribution: undefined })).toEqual([20, 10]);
  });

  it('lets words that single out nothing weigh less, most where neighbours are unrelated', () => {
    const meant = candidate(10, { cosine: 0.9, coverage: 0.2 });
    const worded = candidate(20, { cosine: 0.6, coverage: 0.45 });
    const crowd = (coverage: number) =>
      Array.from({ length: 12 }, (_, index) => candidate(100 + 10 * index, { cosine: 0.4, coverage }));
    expect(order([meant, worded, ...crowd(0.1)])[0]).toBe(20);
    expect(order([meant, worded, ...crowd(0.4)], { coherence: 0 })[0]).toBe(10);
    const between = crowd(0.26);
    expect(order([meant, worded, ...between])[0]).toBe(20);
    expect(order([meant, worded, ...between], { coherence: 0 })[0]).toBe(10);
  });

  it('counts the residual cosine for one half', () => {
    const candidates = [
      candidate(10, { cosine: 0.8, residualCosine: 0.5 }),
      candidate(20, { cosine: 0.75, residualCosine: 0.9 }),
    ];
    expect(order(candidates)).toEqual([10, 20]);
    expect(order(candidates, { residualDistribution: distribution })).toEqual([20, 10]);
  });

  it('does not bury a memory that has no vector yet', () => {
    const others = [candidate(10, { cosine: 0.7, coverage: 0.1 }), candidate(20, { cosine: 0.7, coverage: 0.1 })];
    expect(order([...others, candidate(30, { coverage: 0.5 })])[0]).toBe(30);
  });

  it('holds a model back that does not know the language', () => {
    const lost = { right: 0.05, related: 0.5, unrelated: 0.5 };
    const quality: ModelQuality = { 'ja-ja': lost, 'ja-en': lost, 'en-ja': lost, 'en-en': { ...lost, right: 1 } };
    const candidates = [candidate(10, { cosine: 0.9 }), candidate(20, { cosine: 0.5, coverage: 0.2 })];
    expect(order(candidates)).toEqual([10, 20]);
    expect(order(candidates, { quality })).toEqual([20, 10]);
    const english = candidates.map((one) => ({ ...one, language: 'en' as Language }));
    expect(order(english, { quality, asked: 'en' })).toEqual([10, 20]);
  });

  it('prefers the important and the recent among equals, and never against the question', () => {
    const [plain, important, recent] = [
      candidate(10, { cosine: 0.7 }),
      candidate(20, { cosine: 0.7, importance: 1 }),
      candidate(30, { cosine: 0.7, created_at: '2026-11-23T00:00:00Z' }),
    ];
    expect(order([plain, important])).toEqual([20, 10]);
    expect(order([plain, recent])).toEqual([30, 10]);
    const better = candidate(40, { cosine: 0.8, importance: 0 });
    expect(order([important, better])).toEqual([40, 20]);
  });

  it('takes for recent what happened lately, and not what was stored lately about long ago', () => {
    const stored = '2026-11-23T00:00:00Z';
    const about = (id: number, occurred_at: string | null) => {
      const plain = candidate(id, { cosine: 0.7, created_at: stored });
      return { ...plain, memory: { ...plain.memory, occurred_at } };
    };
    const [longAgo, unknown, ahead] = [
      about(30, '2016-05-01T00:00:00Z'),
      about(20, null),
      about(10, '2026-12-24T00:00:00Z'),
    ];
    expect(order([longAgo, unknown])).toEqual([20, 30]);
    expect(order([longAgo, ahead])).toEqual([10, 30]);
  });

  it('prefers the memory in which the words of the question stand together', () => {
    const apart = candidate(20, { coverage: 0.3 });
    const together = candidate(10, { coverage: 0.3, proximity: 0.2 });
    expect(order([apart, together], { distribution: undefined })).toEqual([10, 20]);
  });

  it('counts what was said just before for less than the words of a memory itself', () => {
    const silent = candidate(10, { coverage: 0.1 });
    const told = candidate(20, { coverage: 0.1, preceding: 0.4 });
    const says = candidate(30, { coverage: 0.4 });
    expect(order([silent, told, says], { distribution: undefined })).toEqual([30, 20, 10]);
  });

  it('counts what was said just before for more where a meaning that is trusted confirms it', () => {
    const told = candidate(10, { cosine: 0.5, preceding: 0.5 });
    const says = candidate(20, { cosine: 0.5, coverage: 0.13 });
    const lost = { right: 0.05, related: 0.5, unrelated: 0.5 };
    const quality: ModelQuality = { 'ja-ja': lost, 'ja-en': lost, 'en-ja': lost, 'en-en': lost };
    expect(order([says, told])).toEqual([10, 20]);
    expect(order([told, says], { quality })).toEqual([20, 10]);
  });

  it('lends to what was written in the same sitting', () => {
    const answer = candidate(50, { cosine: 0.9, created_at: '2026-05-01T10:00:00Z' });
    const beside = candidate(51, { cosine: 0.6, created_at: '2026-05-01T10:01:00Z' });
    const apart = candidate(70, { cosine: 0.6, created_at: '2026-05-01T10:01:00Z' });
    const later = candidate(52, { cosine: 0.6, created_at: '2026-05-03T10:00:00Z' });
    expect(order([apart, later, beside, answer])).toEqual([50, 51, 52, 70]);
  });

  it('breaks ties by the newer', () => {
    const duplicate = { cosine: 0.6, created_at: '2026-05-01T00:00:00Z' };
    expect(order([candidate(10, duplicate), candidate(30, duplicate), candidate(20, duplicate)])).toEqual([30, 20, 10]);
  });
});

describe('what is usual for a question', () => {
  it('is nothing in an empty store and in one of a single memory', () => {
    expect(zScore(measureDistribution([]), { cosine: 0.9, language: 'ja' })).toBe(0);
    expect(zScore(measureDistribution([{ cosine: 0.4, language: 'ja' }]), { cosine: 0.9, language: 'ja' })).toBe(0);
  });

  it('tells the nearer one even of two memories in two languages', () => {
    const two = [
      { cosine: 0.3, language: 'ja' as Language },
      { cosine: -0.2, language: 'en' as Language },
    ];
    const candidates = two.map((one, index) => candidate(10 * (index + 1), one));
    expect(order(candidates, { distribution: measureDistribution(two) })).toEqual([10, 20]);
  });

  it('differs by language, which lets memories in the other language be found', () => {
    const english = sample.map(({ cosine }) => ({ cosine: cosine + 0.3, language: 'en' as Language }));
    const mixed = measureDistribution([...sample, ...english]);
    const usualEnglish = zScore(mixed, { cosine: 0.85, language: 'en' });
    const fineJapanese = zScore(mixed, { cosine: 0.75, language: 'ja' });
    expect(fineJapanese).toBeGreaterThan(usualEnglish);
  });
});

it('scores keep the order and stay within 0 and 1', () => {
  const scores = [-50, 0, 4, 8, 100].map(scoreOf);
  expect(scores).toEqual([...scores].sort((one, other) => one - other));
  expect(scores[2]).toBe(0.5);
  expect(Math.min(...scores)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...scores)).toBeLessThanOrEqual(1);
});
