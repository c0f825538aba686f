/**
 * Applies changes to the rows of a local index and says what a scanner must follow. Every change is looked at before
 * the first one takes effect: a bad vector leaves the rows as they were.
 */
import { unitVector, type VectorChange, type VectorId } from '../core/vector.ts';
import type { RowEdit } from './scan/row-scanner.ts';
import type { VectorRows } from './vector-rows.ts';

/** `invalid_input` for a vector of another dimension, or one that is zero or not finite. */
export function editRows(rows: VectorRows, changes: readonly VectorChange[]): RowEdit {
  const edits = changes
    .filter((change) => change.op !== 'payload')
    .map((change) => ({
      id: change.id,
      vector: change.op === 'put' ? unitVector(change.vector, rows.dimensions) : undefined,
    }));
  const changed = new Set<number>();
  const touched = new Set<VectorId>();
  const gone = new Set<VectorId>();
  for (const { id, vector } of edits) {
    if (!touched.has(id) && rows.rowOf(id) !== undefined) gone.add(id);
    touched.add(id);
    const row = vector === undefined ? rows.drop(id) : rows.put(id, vector);
    if (row !== undefined) changed.add(row);
  }
  return {
    rows: [...changed].filter((row) => row < rows.count).sort((a, b) => a - b),
    put: [...touched].filter((id) => rows.rowOf(id) !== undefined),
    gone: [...gone],
  };
}
