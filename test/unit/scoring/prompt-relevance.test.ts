import { describe, expect, it } from 'vitest';
import type { RatedTerm } from '../../../src/scoring/bm25.ts';
import { type Compared, judgeNearness, judgeRelevance } from '../../../src/scoring/prompt-relevance.ts';

const term = (text: string, weight = 1): RatedTerm => ({ text, prefix: false, weight, documents: 1, value: 1 });
const words = (count: number, weight = 1): RatedTerm[] =>
  Array.from({ length: count }, (_, at) => term(`word${at}`, weight));
const short = { length: 40, parts: 1, kind: 'prompt' } as const;
const judge = (coverage: number, matched: RatedTerm[], about: Partial<Compared> = {}) =>
  judgeRelevance({ coverage, matched }, { ...short, ...about }).relevant;

describe('a memory bears on a prompt', () => {
  it('if it covers enough and shares three content words', () => {
    expect(judge(0.24, words(3))).toBe(true);
    expect(judge(0.23, words(3))).toBe(false);
  });

  it('if two words are a good part of what was said, and never by one', () => {
    expect(judge(0.44, words(2))).toBe(true);
    expect(judge(0.43, words(2))).toBe(false);
    expect(judge(1, words(1))).toBe(false);
  });

  it('by content words alone: function words and beginnings of words do not count', () => {
    expect(judge(0.43, [...words(2), ...words(3, 0.2)])).toBe(false);
    expect(judge(0.43, [...words(2), ...words(3).map((each) => ({ ...each, prefix: true }))])).toBe(false);
    expect(judge(0.43, words(3, 0.8))).toBe(true);
  });

  it('not by one word of a script without spaces, however many terms it has', () => {
    const of = (...texts: string[]) => texts.map((text) => term(text));
    expect(judge(0.5, of('さっ', 'っか', 'かー'))).toBe(false);
    expect(judge(0.5, of('さっ', 'っか', 'かー', '少年'))).toBe(true);
    expect(judge(0.5, of('苺', 'あれ', 'れる'))).toBe(true);
  });

  it('only if it covers more, the longer it is and the more sentences the prompt has', () => {
    expect(judge(0.26, words(5), { length: 128 })).toBe(false);
    expect(judge(0.28, words(5), { length: 128 })).toBe(true);
    expect(judge(0.29, words(5), { length: 128, parts: 2 })).toBe(false);
    expect(judge(0.31, words(5), { length: 128, parts: 2 })).toBe(true);
  });

  it('by three words among several sentences only if it covers more than by four', () => {
    expect(judge(0.3, words(4), { parts: 4 })).toBe(true);
    expect(judge(0.3, words(3), { parts: 4 })).toBe(false);
    expect(judge(0.51, words(3), { parts: 4 })).toBe(true);
  });
});

describe('a memory bears on a failed command', () => {
  it('by fewer words than on a prompt, and however many lines there are', () => {
    const failure = { parts: 4, kind: 'failure' } as const;
    expect(judge(0.18, words(3), failure)).toBe(true);
    expect(judge(0.17, words(3), failure)).toBe(false);
    expect(judge(0.38, words(2), failure)).toBe(true);
    expect(judge(0.37, words(2), failure)).toBe(false);
  });
});

describe('a memory bears on a prompt by meaning', () => {
  const isRelevant = (nearness: number, memories: number, parts = 1) =>
    judgeNearness(nearness, { memories, parts }).relevant;
  const limitOf = (memories: number, parts: number) => judgeNearness(0, { memories, parts }).limit;

  it('if it lies further towards an answer than the answer of the measurement', () => {
    const limit = limitOf(10, 1);
    expect(limit).toBeGreaterThan(1);
    expect(isRelevant(limit, 10)).toBe(true);
    expect(isRelevant(limit - 0.001, 10)).toBe(false);
  });

  it('only if it lies nearer, the more memories there are and the more sentences the prompt has', () => {
    expect(limitOf(64, 1)).toBe(limitOf(1, 1));
    expect(limitOf(128, 1)).toBeGreaterThan(limitOf(64, 1));
    expect(limitOf(64, 2)).toBeGreaterThan(limitOf(64, 1));
    expect(isRelevant(limitOf(64, 1), 10_000)).toBe(false);
    expect(isRelevant(limitOf(64, 1), 64, 4)).toBe(false);
  });
});
