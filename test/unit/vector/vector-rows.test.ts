import { describe, expect, it } from 'vitest';
import { rowsPerBlock, VectorRows } from '../../../src/vector/vector-rows.ts';

describe('rows', () => {
  it('have no gaps: the last one fills a hole', () => {
    const rows = new VectorRows(1);
    for (const id of [10, 20, 30]) rows.put(id, Float32Array.of(id));

    expect(rows.drop(10)).toBe(0);
    expect([rows.idAt(0), rows.idAt(1)]).toEqual([30, 20]);
    expect(rows.vectorsAt(0, 2)).toEqual(Float32Array.of(30, 20));
    expect(rows.drop(20)).toBeUndefined();
    expect(rows.drop(20)).toBeUndefined();
    expect(rows.count).toBe(1);
    expect(rows.rowOf(30)).toBe(0);
  });

  it('stay unchanged in a snapshot during later changes', () => {
    const rows = new VectorRows(2);
    const count = rowsPerBlock + 5;
    for (let id = 0; id < count; id++) rows.put(id, Float32Array.of(id, 1));
    const snapshot = rows.pin();
    rows.put(0, Float32Array.of(-1, -1));
    rows.drop(1);
    for (let id = count; id < 3 * rowsPerBlock; id++) rows.put(id, Float32Array.of(id, 2));

    expect(snapshot.count).toBe(count);
    expect(Array.from(snapshot.ids)).toEqual(Array.from({ length: count }, (_, id) => id));
    expect(snapshot.blocks.map((block) => block.length)).toEqual([rowsPerBlock * 2, 10]);
    const numbers = snapshot.blocks.flatMap((block) => Array.from(block));
    expect(numbers).toEqual(Array.from({ length: count }, (_, id) => [id, 1]).flat());
    expect(rows.vectorsAt(0, 1)).toEqual(Float32Array.of(-1, -1));
    rows.clear();
    expect(snapshot.blocks[0]?.[0]).toBe(0);
  });

  it('can be added to after they were read from a file', () => {
    const rows = new VectorRows(2);
    rows.put(9, Float32Array.of(9, 9));
    rows.replaceAll({ dimensions: 2, count: 2, ids: Float64Array.of(5, 6), blocks: [Float32Array.of(1, 2, 3, 4)] });
    rows.put(7, Float32Array.of(5, 6));

    expect(rows.rowOf(9)).toBeUndefined();
    expect([5, 6, 7].map((id) => rows.rowOf(id))).toEqual([0, 1, 2]);
    expect(rows.vectorsAt(0, 3)).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  });
});
