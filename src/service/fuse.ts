/**
 * Mixes the scores of words and meaning into one order. Scores are mixed, not ranks: a worthless hit on one side must
 * not weigh as much as a good one on the other.
 */
import type { CosineBackground } from '../persona/vector-sample.ts';
import type { RecallMode } from './ranked-list.ts';

export interface Scored {
  readonly coverage: number;
  readonly cosine?: number | undefined;
  readonly memory: { readonly id: number; readonly importance: number; readonly created_at: string };
}

/** How many deviations full coverage of the question's words is worth. */
const coverageWeight = 10;

export function fuse<Entry extends Scored>(
  candidates: readonly Entry[],
  { background, mode }: { background: CosineBackground | undefined; mode: RecallMode; now: Date },
): (Entry & { score: number })[] {
  return candidates
    .map((entry) => ({
      ...entry,
      score: background === undefined ? entry.coverage : squash(fused(entry, background, mode)),
    }))
    .sort((one, other) => other.score - one.score || other.memory.id - one.memory.id);
}

function fused({ coverage, cosine }: Scored, { mean, deviation }: CosineBackground, mode: RecallMode): number {
  const z = cosine === undefined || deviation === 0 ? 0 : (cosine - mean) / deviation;
  return z + (mode === 'semantic' ? 0 : coverageWeight * coverage);
}

/** Any score to 0..1, in the same order. */
function squash(value: number): number {
  return 1 / (1 + Math.exp(-(value - 4) / 2));
}
