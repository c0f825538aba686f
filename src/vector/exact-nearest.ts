/**
 * Exact answers from approximate proposals: every proposed row gets its cosine from the float32 vectors, and more rows
 * are asked for until no row left out could still belong among the best. Where that would be most of them, or where
 * there is no scanner, all cosines are computed. Every local index answers through this, hence alike.
 */
import type { IdSet, Ranked, VectorId } from '../core/vector.ts';
import type { RowScanner } from './scan/row-scanner.ts';
import { bestRows } from './top-k.ts';
import type { VectorRows } from './vector-rows.ts';

export interface NearestRequest {
  readonly rows: VectorRows;
  readonly scanner: RowScanner | undefined;
  /** A unit vector. */
  readonly query: Float32Array;
  readonly limit: number;
  readonly allowed: IdSet | undefined;
}

const fewestCandidates = 40;
const candidatesPerResult = 4;
const growth = 4;
/** A cosine in JavaScript takes as long as this many rows in a scan. */
const rowsPerCosine = 12;

/** The best `limit` rows by cosine (float64 sums, rounded to float32), equal cosines by ascending id. */
export function exactNearest({ rows, scanner, query, limit, allowed }: NearestRequest): Ranked[] {
  if (!(limit >= 1) || rows.count === 0) return [];
  const wideQuery = Float64Array.from(query);
  const affordable = rows.count / rowsPerCosine;
  let wanted = Math.max(fewestCandidates, candidatesPerResult * limit);
  if (allowed?.values !== undefined && allowed.size <= Math.max(wanted, affordable)) {
    return rank(rows, rowsOf(allowed.values(), rows), wideQuery).slice(0, limit);
  }
  if (scanner === undefined || wanted > rows.count / 2) return nearestOfAll(rows, wideQuery, limit, allowed);
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
  return nearestOfAll(rows, wideQuery, limit, allowed);
}

function nearestOfAll(rows: VectorRows, query: Float64Array, limit: number, allowed: IdSet | undefined): Ranked[] {
  const cosines = rows.cosines(query);
  const isAllowed = allowed === undefined ? undefined : (row: number) => allowed.has(rows.idAt(row));
  const { cut } = bestRows(cosines, rows.count, limit, isAllowed);
  const best: number[] = [];
  // Rows that score exactly the cut compete by id, the ones that were left out among them.
  for (let row = 0; row < rows.count; row++) {
    if ((cosines[row] ?? 0) >= cut && (isAllowed === undefined || isAllowed(row))) best.push(row);
  }
  return rank(rows, best, query).slice(0, limit);
}

function rowsOf(ids: Iterable<VectorId>, rows: VectorRows): number[] {
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
