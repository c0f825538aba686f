/**
 * Mixes the scores of a reranker with those of the search. Replacing the order by the reranker's loses what the search
 * knows and the reranker does not: the other memories, the words' rarity, the neighbours.
 */
export interface Rerankable {
  /** 0..1, descending. */
  readonly score: number;
  /** The reranker's score, 0..1; absent for what it did not read. */
  readonly rerank?: number | undefined;
}

export interface MixOptions {
  /** The reranker's share of the score. */
  readonly share: number;
  /** Leaves the first where it is. */
  readonly keepFirst: boolean;
}

/**
 * Best first, by the mixed score, which stays below the best score of the search. What was not read counts as not
 * relevant: it keeps its order and its place behind what was read and stood before it.
 */
export function mixRerankScores<Entry extends Rerankable>(
  entries: readonly Entry[],
  { share, keepFirst }: MixOptions,
): Entry[] {
  const best = entries[0]?.score ?? 0;
  if (entries.every(({ rerank }) => rerank === undefined)) return [...entries];
  const mixed = entries.map((entry) => ({
    ...entry,
    score: (1 - share) * entry.score + share * best * (entry.rerank ?? 0),
  }));
  const [first, ...others] = mixed;
  if (first === undefined || !keepFirst) return sorted(mixed);
  const rest = sorted(others);
  return [{ ...first, score: Math.max(first.score, rest[0]?.score ?? 0) }, ...rest];
}

function sorted<Entry extends Rerankable>(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((one, other) => other.score - one.score);
}
