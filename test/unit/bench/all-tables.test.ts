import { describe, expect, it } from 'vitest';
import type { Searches, SizeResult } from '../../../scripts/bench/all-measure.ts';
import { eightTable, leads, type Measured, sizeTable } from '../../../scripts/bench/all-tables.ts';

function result(milliseconds: number, right: number): SizeResult {
  const search: Searches = { p50: milliseconds, p95: milliseconds, bytes: 100, asked: 50, right };
  return {
    size: 1_000,
    create: { p50: milliseconds, p95: milliseconds },
    word: search,
    question: search,
    many: search,
    start: 100,
    firstAnswer: 100,
    idle: 50,
    memory: 50,
    eight: { callsPerSecond: 100, failed: 0, acknowledged: 80, found: right, memory: 400 },
  };
}

const own: Measured = { title: 'own', results: [result(2, 50)] };
const noStarts = { bare: [], rows: [] };

describe('the list of where a peer is ahead', () => {
  it('names what a peer needs clearly less of, with how much it found', () => {
    const lines = leads([own, { title: 'fast', results: [result(1, 7)] }], noStarts);
    expect(lines).toContain('fast at 1,000: create, 1.0 and 2.0 ms; it found 7 of 50.');
    expect(lines).not.toContain('memory');
  });

  it('names a peer that gives more right answers', () => {
    const weak: Measured = { title: 'own', results: [result(1, 40)] };
    expect(leads([weak, { title: 'good', results: [result(1, 50)] }], noStarts)).toContain(
      'good at 1,000: right answers by word, 50 and 40 of 50.',
    );
  });

  it('says so where no peer is ahead', () => {
    expect(leads([own, { title: 'slow', results: [result(3, 50)] }], noStarts)).toBe('Nowhere in this run.');
  });
});

describe('the tables', () => {
  it('show the multiple of the own value, and why a result is missing', () => {
    const gap = { size: 1_000, gap: 'more than 60 s to store them (120 were stored)' };
    const measured = [own, { title: 'slow', results: [result(3, 50)] }, { title: 'slowest', results: [gap] }];
    expect(sizeTable(measured, 1_000)).toContain('| slow | 3.0 (1.50×)');
    expect(sizeTable(measured, 1_000)).toContain(`| slowest | ${gap.gap}`);
    expect(eightTable(measured, [1_000])).toContain('| slow | 1000 | 100 (1.00×) | 0 | 50/80 |');
  });
});
