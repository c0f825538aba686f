/**
 * Picks the rows with the highest scores. A row that is not allowed takes no place among them, and the filter is asked
 * only about rows whose score would earn one.
 */
export interface BestRows {
  /** In no particular order. */
  readonly rows: number[];
  /** No allowed row that was left out has a higher score. -Infinity where none can have been left out. */
  readonly cut: number;
}

/** The `wanted` (at least 1) best of the first `count` scores. */
export function bestRows(
  scores: Float32Array,
  count: number,
  wanted: number,
  isAllowed?: (row: number) => boolean,
): BestRows {
  const size = Math.min(wanted, count);
  // Two arrays that make one binary heap, the lowest of the kept scores at its root.
  const heap = { scores: new Float32Array(size), rows: new Array<number>(size) };
  let kept = 0;
  let row = 0;
  for (; row < count && kept < size; row++) {
    if (isAllowed === undefined || isAllowed(row)) siftUp(heap, kept++, scores[row] ?? 0, row);
  }
  if (kept < size) return { rows: heap.rows.slice(0, kept), cut: Number.NEGATIVE_INFINITY };
  if (row === count) return { rows: heap.rows, cut: Number.NEGATIVE_INFINITY };
  let lowest = heap.scores[0] ?? 0;
  for (; row < count; row++) {
    const score = scores[row] ?? 0;
    if (score <= lowest || (isAllowed !== undefined && !isAllowed(row))) continue;
    siftDown(heap, score, row);
    lowest = heap.scores[0] ?? 0;
  }
  return { rows: heap.rows, cut: lowest };
}

interface Heap {
  readonly scores: Float32Array;
  readonly rows: number[];
}

/** Adds an entry at the end, `at`, and lets it rise. */
function siftUp({ scores, rows }: Heap, end: number, score: number, row: number): void {
  let at = end;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const parentScore = scores[parent] ?? 0;
    if (parentScore <= score) break;
    scores[at] = parentScore;
    rows[at] = rows[parent] ?? 0;
    at = parent;
  }
  scores[at] = score;
  rows[at] = row;
}

/** Replaces the lowest entry, the root, and lets the new one sink. */
function siftDown({ scores, rows }: Heap, score: number, row: number): void {
  const size = scores.length;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && (scores[child + 1] ?? 0) < (scores[child] ?? 0)) child++;
    const childScore = scores[child] ?? 0;
    if (childScore >= score) break;
    scores[at] = childScore;
    rows[at] = rows[child] ?? 0;
    at = child;
  }
  scores[at] = score;
  rows[at] = row;
}
