/**
 * Mixes the scores of words and meaning into one order. Scores are mixed, not ranks: a worthless hit on one side must
 * not weigh as much as a good one on the other. Importance and age only settle what is otherwise close.
 */
import type { RecallMode } from './ranked-list.ts';

export interface Scored {
  readonly coverage: number;
  /** Deviations above what is usual; absent for a memory whose meaning is not known. */
  readonly z?: number | undefined;
  readonly memory: { readonly id: number; readonly importance: number; readonly created_at: string };
}

/** How many deviations full coverage of the question's words is worth. Chosen by measurement: docs/recall.md. */
const coverageWeight = 8;
/** From the least to the most important memory, in deviations. */
const importanceWeight = 0.5;
/** What a memory of this moment is ahead of an old one, in deviations, and after how many days half of it is gone. */
const recencyWeight = 0.2;
const recencyHalfLife = 30;
const dayLength = 86_400_000;

/** The candidates with a score 0..1, best first, equal ones by age. */
export function fuse<Entry extends Scored>(
  candidates: readonly Entry[],
  { mode, now }: { mode: RecallMode; now: Date },
): (Entry & { score: number })[] {
  return candidates
    .map((entry) => ({ ...entry, score: scoreOf(entry, mode, now) }))
    .sort((one, other) => other.score - one.score || other.memory.id - one.memory.id);
}

function scoreOf({ coverage, z = 0, memory }: Scored, mode: RecallMode, now: Date): number {
  const age = Math.max(0, now.getTime() - Date.parse(memory.created_at)) / dayLength;
  const tie = importanceWeight * (memory.importance - 0.5) + recencyWeight * 2 ** (-age / recencyHalfLife);
  // By words alone full coverage is 1; deviations have no upper end and are squeezed.
  if (mode === 'keyword') return Math.min(1, Math.max(0, coverage + tie / coverageWeight));
  return squeeze(z + (mode === 'hybrid' ? coverageWeight * coverage : 0) + tie);
}

/** 0.5 for what stands out by five deviations, in the same order as `value`. */
function squeeze(value: number): number {
  return 1 / (1 + Math.exp((5 - value) / 2));
}
