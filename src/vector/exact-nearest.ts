/**
 * Exact nearest-neighbor search on top of an approximate scanner. The candidates of the scanner are ranked by their
 * exact cosines, and more candidates are requested until no other row can be among the best. If that takes most of the
 * rows, or if there is no scanner, all cosines are computed. All local indexes search this way and give the same
 * results.
 */
import type { IdSet, Ranked, VectorId } from '../core/vector.ts';
import type { RowScanner } from './scan/row-scanner.ts';
import { topK } from './top-k.ts';
import type { VectorRows } from './vector-rows.ts';

export interface NearestRequest {
  readonly rows: VectorRows;
  readonly scanner: RowScanner | undefined;
  /** A unit vector. */
  readonly query: Float32Array;
  readonly limit: number;
  readonly allowed: IdSet | undefined;
}

const minimumCandidates = 40;
const candidatesPerResult = 4;
const growth = 4;
/** Computing one cosine in JavaScript takes as long as scanning this many rows. */
const rowsPerCosine = 12;

/** The best `limit` rows by cosine (float64 sums, rounded to float32). Ties are ordered by ascending id. */
export function findNearest({ rows, scanner, query, limit, allowed }: NearestRequest): Ranked[] {
  if (!(limit >= 1) || rows.count === 0) return [];
  const wideQuery = Float64Array.from(query);
  const affordable = rows.count / rowsPerCosine;
  let wanted = Math.max(minimumCandidates, candidatesPerResult * limit);
  if (allowed?.values !== undefined && allowed.size <= Math.max(wanted, affordable)) {
    return rank(rows, lookUpRows(allowed.values(), rows), wideQuery).slice(0, limit);
  }
  if (scanner === undefined || wanted > rows.count / 2) return compareAll(rows, wideQuery, limit, allowed);
  const propose = scanner.search(query, allowed);
  do {
    const { rows: proposed, ceiling } = propose(wanted);
    const ranked = rank(rows, proposed, wideQuery);
    const last = ranked[limit - 1];
    if (ceiling === Number.NEGATIVE_INFINITY || (last !== undefined && last.score > ceiling)) {
      return ranked.slice(0, limit);
    }
    wanted *= growth;
  } while (wanted <= affordable);
  return compareAll(rows, wideQuery, limit, allowed);
}

function compareAll(rows: VectorRows, query: Float64Array, limit: number, allowed: IdSet | undefined): Ranked[] {
  const cosines = rows.cosines(query);
  const isAllowed = allowed === undefined ? undefined : (row: number) => allowed.has(rows.idAt(row));
  const { cut } = topK(cosines, rows.count, limit, isAllowed);
  const best: number[] = [];
  // Rows with exactly this score are ordered by id, so include those that topK left out.
  for (let row = 0; row < rows.count; row++) {
    if ((cosines[row] ?? 0) >= cut && (isAllowed === undefined || isAllowed(row))) best.push(row);
  }
  return rank(rows, best, query).slice(0, limit);
}

function lookUpRows(ids: Iterable<VectorId>, rows: VectorRows): number[] {
  const found: number[] = [];
  for (const id of ids) {
    const row = rows.rowOf(id);
    if (row !== undefined) found.push(row);
  }
  return found;
}

function rank(rows: VectorRows, candidates: readonly number[], query: Float64Array): Ranked[] {
  const ranked = candidates.map((row) => ({ id: rows.idAt(row), score: rows.cosine(row, query) }));
  return ranked.sort((a, b) => b.score - a.score || a.id - b.id);
}
