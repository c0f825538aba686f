import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unitVector } from '../../../src/core/vector.ts';
import { findNearest } from '../../../src/vector/exact-nearest.ts';
import { createSimdScanner } from '../../../src/vector/scan/simd-scanner.ts';
import { VectorRows } from '../../../src/vector/vector-rows.ts';
import { clusteredVectors, randomNumbers, randomUnitVector } from '../../support/vectors.ts';

function scannedRows(vectors: readonly Float32Array[]) {
  const rows = new VectorRows(vectors[0]?.length ?? 1);
  const scanner = createSimdScanner(rows);
  if (scanner === undefined) throw new Error('This machine has no WebAssembly SIMD');
  const put = vectors.map((_, index) => index + 1);
  const written = vectors.map((vector, index) => rows.put(index + 1, vector));
  scanner.update({ rows: written, put, gone: [] });
  return { rows, scanner };
}

describe('findNearest', () => {
  it('gives the same ids and scores with a scanner and without, in any number of dimensions', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 900 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer(),
        (dimensions, count, limit, seed) => {
          const random = randomNumbers(seed);
          const { rows, scanner } = scannedRows(
            Array.from({ length: count }, () => randomUnitVector(random, dimensions)),
          );
          const query = randomUnitVector(random, dimensions);
          const request = { rows, query, limit, allowed: undefined };
          expect(findNearest({ ...request, scanner })).toEqual(findNearest({ ...request, scanner: undefined }));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('tells thousands of near-duplicates apart, which int8 cannot', () => {
    const random = randomNumbers(8);
    const center = randomUnitVector(random, 256);
    const vectors = Array.from({ length: 5000 }, () =>
      unitVector(
        center.map((value) => value + 1e-5 * (random() - 0.5)),
        256,
      ),
    );
    const { rows, scanner } = scannedRows(vectors);
    const request = { rows, query: randomUnitVector(random, 256), limit: 10, allowed: undefined };
    expect(findNearest({ ...request, scanner })).toEqual(findNearest({ ...request, scanner: undefined }));
  });

  it('needs no second look for a typical query', () => {
    const next = clusteredVectors({ dimensions: 256, topics: 100, seed: 21 });
    const { rows, scanner } = scannedRows(Array.from({ length: 4000 }, next));
    let asked = 0;
    const counting = {
      ...scanner,
      search: (...parts: Parameters<typeof scanner.search>) => {
        const propose = scanner.search(...parts);
        return (wanted: number) => {
          asked++;
          return propose(wanted);
        };
      },
    };
    for (let round = 0; round < 50; round++) {
      findNearest({ rows, scanner: counting, query: next(), limit: 10, allowed: undefined });
    }
    expect(asked).toBeLessThan(75);
  });

  it('asks a filter of a few ids only about those', () => {
    const { rows, scanner } = scannedRows(Array.from({ length: 2000 }, (_, row) => unitVector([1, row], 2)));
    const allowed = new Set([7, 1999, 100_000]);
    const unused = {
      ...scanner,
      search: () => {
        throw new Error('scanned');
      },
    };
    const found = findNearest({ rows, scanner: unused, query: unitVector([1, 0], 2), limit: 5, allowed });
    expect(found.map(({ id }) => id)).toEqual([7, 1999]);
  });

  it('never scores above 1', () => {
    const random = randomNumbers(4);
    const vectors = Array.from({ length: 400 }, () => randomUnitVector(random, 100));
    const { rows, scanner } = scannedRows(vectors);
    for (const query of vectors) {
      const [self] = findNearest({ rows, scanner, query, limit: 1, allowed: undefined });
      expect(self?.score).toBeLessThanOrEqual(1);
      expect(self?.score).toBeGreaterThan(0.999999);
    }
  });
});
