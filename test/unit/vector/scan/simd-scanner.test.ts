import { describe, expect, it } from 'vitest';
import { createSimdScanner } from '../../../../src/vector/scan/simd-scanner.ts';
import { VectorRows } from '../../../../src/vector/vector-rows.ts';
import { clusteredVectors, randomNumbers, randomUnitVector } from '../../../support/vectors.ts';

function open(dimensions: number) {
  const rows = new VectorRows(dimensions);
  const scanner = createSimdScanner(rows);
  if (scanner === undefined) throw new Error('This machine has no WebAssembly SIMD');
  return { rows, scanner };
}

describe('the SIMD scanner', () => {
  it.each([3, 32, 100, 384])('errs less than its ceiling allows, in %i dimensions', (dimensions) => {
    const next = clusteredVectors({ dimensions, topics: 30, seed: dimensions });
    const { rows, scanner } = open(dimensions);
    const changed = Array.from({ length: 3000 }, (_, index) => rows.put(index + 1, next()));
    scanner.update({ rows: changed, put: [], gone: [] });

    for (let round = 0; round < 20; round++) {
      const query = next();
      const cosines = rows.cosines(Float64Array.from(query));
      for (const wanted of [1, 40, 700]) {
        const { rows: proposed, ceiling } = scanner.search(query, undefined)(wanted);
        const kept = new Set(proposed);
        expect(kept.size).toBe(wanted);
        const leftOut = cosines.subarray(0, rows.count).filter((_, row) => !kept.has(row));
        expect(Math.max(...leftOut)).toBeLessThanOrEqual(ceiling);
      }
    }
  });

  it('follows rows that are replaced, moved and added while its memory grows', () => {
    const random = randomNumbers(2);
    const { rows, scanner } = open(48);
    for (let batch = 0; batch < 12; batch++) {
      const changed = new Set<number>();
      for (let change = 0; change < 300; change++) {
        const id = Math.floor(random() * 1500);
        const row = random() < 0.3 ? rows.drop(id) : rows.put(id, randomUnitVector(random, 48));
        if (row !== undefined) changed.add(row);
      }
      const present = [...changed].filter((row) => row < rows.count).sort((a, b) => a - b);
      scanner.update({ rows: present, put: [], gone: [] });
      for (let row = 0; row < rows.count; row += 17) {
        const own = rows.vectorsAt(row, 1);
        expect(scanner.search(own, undefined)(1).rows).toEqual([row]);
      }
    }
  });
});
