import { describe, expect, it } from 'vitest';
import { pool } from '../../../../src/model/inference/pooling.ts';

/** The output of a model that gave each token one row. */
function output(...rows: readonly (readonly number[])[]) {
  return { data: Float32Array.from(rows.flat()), dims: [1, rows.length, rows[0]?.length ?? 0] };
}
const rounded = (vector: Float32Array) => [...vector].map((value) => Math.round(value * 1_000) / 1_000 + 0);

describe('the vector of a text', () => {
  it('is the mean of all rows, the first, or the last, of length 1', () => {
    const three = output([3, 0], [0, 1], [0, 3]);
    expect(rounded(pool(three, { pooling: 'mean' }))).toEqual([0.6, 0.8]);
    expect(rounded(pool(three, { pooling: 'cls' }))).toEqual([1, 0]);
    expect(rounded(pool(three, { pooling: 'last_token' }))).toEqual([0, 1]);
    expect(rounded(pool(output([3, 4, 12]), { pooling: 'sentence_embedding', dimensions: 2 }))).toEqual([0.6, 0.8]);
  });

  it('owes nothing to the prompt and to special tokens where only the content counts', () => {
    const vector = (prompt: number[]) =>
      pool(output(prompt, [0, 3, 4], [9, 9, 9]), {
        pooling: 'content_mean',
        content: { start: 1, end: 2 },
      });
    expect(rounded(vector([5, 0, 0]))).toEqual([0, 0.6, 0.8]);
    expect(vector([-5, 2, 1])).toEqual(vector([5, 0, 0]));
  });

  it('weighs tokens of the content by direction, independent of their length', () => {
    const of = (length: number) =>
      pool(output([length, 0], [0, 1]), { pooling: 'content_mean', content: { start: 0, end: 2 } });
    expect(rounded(of(50))).toEqual(rounded(of(1)));
  });

  it('gives a token that is unlike the others more weight than any of them', () => {
    const rows = [
      [1, 0],
      [1, 0],
      [1, 0],
      [0, 1],
    ] as const;
    const plain = pool(output(...rows), { pooling: 'mean' });
    const content = pool(output(...rows), { pooling: 'content_mean', content: { start: 0, end: 4 } });
    expect(content[1] ?? 0).toBeGreaterThan(plain[1] ?? 0);
    expect(content[1] ?? 0).toBeLessThanOrEqual(Math.SQRT1_2 + 1e-6);
  });

  it('is that of the only token of a text of one, and of everything where a text has none', () => {
    const rows = output([1, 0], [0, 2], [1, 0]);
    expect(rounded(pool(rows, { pooling: 'content_mean', content: { start: 1, end: 2 } }))).toEqual([0, 1]);
    expect(pool(rows, { pooling: 'content_mean', content: { start: 3, end: 2 } })).toEqual(
      pool(rows, { pooling: 'mean' }),
    );
  });
});
