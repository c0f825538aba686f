/**
 * Selects the allowed rows with the highest scores. The filter is called only for rows whose score is high enough.
 */
export interface TopK {
  /** In any order. */
  readonly rows: number[];
  /** No other allowed row has a higher score. -Infinity if all allowed rows were selected. */
  readonly cut: number;
}

/** Selects the best `wanted` (at least 1) of the first `count` scores. */
export function topK(scores: Float32Array, count: number, wanted: number, isAllowed?: (row: number) => boolean): TopK {
  const size = Math.min(wanted, count);
  // A binary min-heap in two parallel arrays.
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

/** Appends an entry at position `end` and sifts it up. */
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

/** Replaces the root, which is the lowest entry, and sifts the new one down. */
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
