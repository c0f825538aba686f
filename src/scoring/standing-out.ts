/**
 * Which of the best scores say more than "near": those above a limit that are clearly ahead of all others. A score by
 * itself says little, because in some stores everything is near everything.
 */

export interface StandingOutRule {
  /** Least score. */
  readonly limit: number;
  /** Lead over the next score that one needs, and that two or three need together. */
  readonly lead: { readonly ofOne: number; readonly ofSeveral: number };
}

const mostNamed = 3;

/** How many of the scores, best first, stand out: none, or up to three. */
export function countStandingOut(scores: readonly number[], { limit, lead }: StandingOutRule): number {
  for (const [index, score] of scores.slice(0, mostNamed).entries()) {
    if (score < limit) return 0;
    const next = scores[index + 1] ?? 0;
    if (score - next >= (index === 0 ? lead.ofOne : lead.ofSeveral)) return index + 1;
  }
  return 0;
}
