import { expect, it } from 'vitest';
import { dotProduct } from '../../../src/core/vector.ts';

it('a product takes in every number, however many there are', () => {
  for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 11]) {
    const vector = Float32Array.from({ length }, (_, index) => index + 1);
    const squares = (length * (length + 1) * (2 * length + 1)) / 6;
    expect(dotProduct(vector, vector)).toBe(squares);
  }
});
