/**
 * RowScanner: the part that differs between local indexes. It proposes candidate rows with fast approximate arithmetic.
 * exact-nearest.ts computes their exact cosines and requests more candidates until the result is exact.
 */
import type { IdSet, VectorId } from '../../core/vector.ts';

export interface Proposal {
  /** In any order. Each is allowed by the filter. */
  readonly rows: readonly number[];
  /** No other allowed row has a higher cosine. -Infinity if all allowed rows were proposed. */
  readonly ceiling: number;
}

/** The effect of one batch of changes on the rows. */
export interface RowEdit {
  /** Rows with a new vector, ascending. */
  readonly rows: readonly number[];
  /** Ids with a new vector. */
  readonly put: readonly VectorId[];
  /** Ids whose earlier vector was dropped or replaced. */
  readonly gone: readonly VectorId[];
}

export interface RowScanner {
  /** Updates the scanner after a few changes. After an error it is unusable until `clear` or `load`. */
  update(edit: RowEdit): void;
  /** Reloads all rows. */
  load(): void;
  /**
   * Starts a search for a unit vector. The returned function proposes about `wanted` (at least 1) candidates, or all
   * rows if there are fewer. Needs at least one row. The rows must not change during the search.
   */
  search(query: Float32Array, allowed: IdSet | undefined): (wanted: number) => Proposal;
  clear(): void;
}
