/**
 * Applies changes to the rows of a local index and returns what its scanner has to update. All vectors are validated
 * first, so a bad vector leaves the rows unchanged.
 */
import { unitVector, type VectorChange, type VectorId } from '../core/vector.ts';
import type { RowEdit } from './scan/row-scanner.ts';
import type { VectorRows } from './vector-rows.ts';

/** Throws `invalid_input` for a vector that has the wrong dimension, is zero or is not finite. */
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
