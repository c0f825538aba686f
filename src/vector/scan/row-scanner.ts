/**
 * RowScanner: the part in which local indexes differ. It proposes the rows that may be nearest, by whatever arithmetic
 * is fast; exact-nearest.ts computes their exact cosines and asks for more until nothing can be missing.
 */
import type { IdSet, VectorId } from '../../core/vector.ts';

export interface Proposal {
  /** In any order, each allowed by the filter. */
  readonly rows: readonly number[];
  /** No allowed row that was left out has a cosine above this. -Infinity where none was left out. */
  readonly ceiling: number;
}

/** What one batch of changes did to the rows. */
export interface RowEdit {
  /** Rows that hold another vector than before, ascending. */
  readonly rows: readonly number[];
  /** Ids whose vector is new. */
  readonly put: readonly VectorId[];
  /** Ids that were there before and were dropped or replaced. */
  readonly gone: readonly VectorId[];
}

export interface RowScanner {
  /** Follows the rows after a few changes. After an error the scanner is of no use until `clear` or `load`. */
  update(edit: RowEdit): void;
  /** Takes all rows anew. */
  load(): void;
  /**
   * Takes a unit vector; what is returned proposes about `wanted` (at least 1) rows that may be nearest to it, or all
   * there are. There is at least one row, and none changes in between.
   */
  search(query: Float32Array, allowed: IdSet | undefined): (wanted: number) => Proposal;
  clear(): void;
}
