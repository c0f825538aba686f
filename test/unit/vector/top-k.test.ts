import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topK } from '../../../src/vector/top-k.ts';

describe('topK', () => {
  it('keeps the highest scores among the allowed rows', () => {
    const scoresArbitrary = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(scoresArbitrary, fc.integer({ min: 1, max: 70 }), fc.func(fc.boolean()), (scores, wanted, allow) => {
        const allowed = scores.map((_, row) => row).filter((row) => allow(row));
        const { rows, cut } = topK(Float32Array.from(scores), scores.length, wanted, (row) => allow(row));

        const kept = new Set(rows);
        expect(kept.size).toBe(rows.length);
        expect(rows.length).toBe(Math.min(wanted, allowed.length));
        expect(rows.every((row) => allow(row))).toBe(true);
        const leftOut = allowed.filter((row) => !kept.has(row));
        const lowestKept = Math.min(...rows.map((row) => scores[row] ?? Number.NaN));
        for (const row of leftOut) {
          expect(scores[row]).toBeLessThanOrEqual(lowestKept);
          expect(scores[row]).toBeLessThanOrEqual(cut);
        }
      }),
    );
  });

  it('asks the filter only about rows that would earn a place', () => {
    const scores = Float32Array.from({ length: 10_000 }, (_, row) => -row);
    let asked = 0;
    topK(scores, scores.length, 10, () => {
      asked++;
      return true;
    });
    expect(asked).toBe(10);
  });

  it('ignores scores beyond the count', () => {
    expect(topK(Float32Array.of(1, 2, 99), 2, 5)).toEqual({ rows: expect.arrayContaining([0, 1]), cut: -Infinity });
  });
});
