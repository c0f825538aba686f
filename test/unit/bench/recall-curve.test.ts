import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../scripts/bench/recall-answers.ts';
import { renderCurves } from '../../../scripts/bench/recall-curve.ts';

const usual: Answer = {
  id: 'q',
  set: 'facts',
  kind: 'answerable',
  mode: 'hybrid',
  languages: 'ja-ja',
  relevant: ['a'],
  ranked: ['a', 'b'],
  strength: 'weak',
  reported: true,
  measured: true,
  nearest: 0.9,
  noneAbove: 0.9,
};

function answer(nearness: number, parts: Partial<Answer> = {}): Answer {
  return { ...usual, nearest: nearness, noneAbove: nearness, ...parts };
}

const foreign = { kind: 'another set', relevant: ['elsewhere'] } as const;

/** The cells of the row of a limit. */
function rowOf(text: string, limit: string): string[] {
  const line = text.split('\n').find((row) => row.startsWith(`| ${limit} |`)) ?? '';
  return line
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

describe('the curve of none', () => {
  it('counts what a limit catches and loses, without what was not found anyway', () => {
    const text = renderCurves([
      answer(0.95),
      answer(0.65),
      answer(0.65, { ranked: ['b'] }),
      answer(0.95),
      answer(0.35, foreign),
      answer(0.85, foreign),
    ]);
    expect(rowOf(text, '0.3')).toEqual(['0.0', '0.0', '0.0', '–', '–']);
    expect(rowOf(text, '0.4')).toEqual(['50.0', '0.0', '0.0', '100.0', '–']);
    expect(rowOf(text, '0.7')).toEqual(['50.0', '50.0', '25.0', '50.0', '–']);
    expect(text).toContain('90 % of what is called none is right is 0.65: it catches 50.0 %');
    expect(text).toContain('facts 0.75');
  });

  it('weighs all sets alike', () => {
    const text = renderCurves([
      answer(0.2, foreign),
      ...Array.from({ length: 9 }, () => answer(0.9, { ...foreign, set: 'chats' })),
      answer(0.9),
    ]);
    expect(rowOf(text, '0.5')[0]).toBe('50.0');
  });

  it('shows beside the limits what was said, and what no limit tells', () => {
    const text = renderCurves([
      answer(0.9),
      answer(0.2, { ...foreign, strength: 'none' }),
      answer(0.9, { kind: 'unanswerable', relevant: [] }),
    ]);
    expect(rowOf(text, 'as shipped')).toEqual(['100.0', '0.0', '0.0', '100.0', '0.0']);
    expect(text).toContain('questions that their own store cannot answer: facts 0.50');
  });

  it('says so where no limit is right often enough', () => {
    const text = renderCurves([answer(0.4), answer(0.6, foreign)]);
    expect(text).toContain('There is no limit at which 90 %');
  });

  it('is of the reported half, apart for other languages, and only where the model has a scale', () => {
    expect(renderCurves([answer(0.4, { measured: false })])).toBe('');
    const text = renderCurves([
      answer(0.1, { ...foreign, languages: 'en-ja' }),
      answer(0.1, { ...foreign, languages: 'en-ja', reported: false }),
      answer(0.9, { ...foreign, languages: 'en-ja' }),
    ]);
    expect(text).toContain('different languages');
    expect(text).not.toContain('one language');
    expect(rowOf(text, '0.5')[0]).toBe('50.0');
  });
});
