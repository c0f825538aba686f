import { describe, expect, it } from 'vitest';
import type { VectorChange } from '../../../src/core/vector.ts';
import { editRows } from '../../../src/vector/edit-rows.ts';
import { VectorRows } from '../../../src/vector/vector-rows.ts';

function put(id: number, numbers: readonly number[]): VectorChange {
  // The memory is of no interest to an index of this process.
  const memory = {} as Extract<VectorChange, { op: 'put' }>['memory'];
  return { op: 'put', id, key: '', chunk: 0, vector: Float32Array.from(numbers), memory };
}
const drop = (id: number): VectorChange => ({ op: 'drop', id, key: '', chunk: 0 });

describe('editing rows', () => {
  it('says which rows, new vectors and old ids a scanner must follow', () => {
    const rows = new VectorRows(2);
    expect(editRows(rows, [put(1, [1, 0]), put(2, [0, 1]), put(3, [1, 1])])).toEqual({
      rows: [0, 1, 2],
      put: [1, 2, 3],
      gone: [],
    });
    // Row 2 is gone, its vector is in row 0.
    expect(editRows(rows, [drop(1), put(2, [1, 0]), put(4, [0, 1]), drop(4), drop(9)])).toEqual({
      rows: [0, 1],
      put: [2],
      gone: [1, 2],
    });
    expect([rows.rowOf(3), rows.rowOf(2), rows.count]).toEqual([0, 1, 2]);
  });

  it('keeps the bits of a unit vector and scales another', () => {
    const rows = new VectorRows(3);
    const unit = Float32Array.of(0.267261, 0.534522, 0.801784);
    editRows(rows, [put(1, [...unit]), put(2, [2, 0, 0])]);
    expect(rows.vectorsAt(0, 2)).toEqual(Float32Array.of(...unit, 1, 0, 0));
  });

  it('changes nothing where one vector is bad', () => {
    const rows = new VectorRows(2);
    editRows(rows, [put(1, [1, 0])]);
    expect(() => editRows(rows, [put(1, [0, 1]), drop(1), put(2, [0, 0])])).toThrowError(/zero/);
    expect(rows.vectorsAt(0, 1)).toEqual(Float32Array.of(1, 0));
  });
});
