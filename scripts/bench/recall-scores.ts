/**
 * Scores of ranked answers: recall at a depth, with a bootstrap interval, so that noise is not taken for progress.
 */

export interface Answered {
  readonly relevant: readonly string[];
  /** Ids, best first. */
  readonly ranked: readonly string[];
}

export interface Score {
  readonly count: number;
  readonly recallAt1: number;
  readonly recallAt5: number;
  readonly recallAt10: number;
  /** 95 % interval of recallAt5. */
  readonly interval: readonly [number, number];
}

export function scoreAnswers(answers: readonly Answered[]): Score {
  const at = (depth: number) => answers.map(({ relevant, ranked }) => recallAt(relevant, ranked, depth));
  const five = at(5);
  return {
    count: answers.length,
    recallAt1: mean(at(1)),
    recallAt5: mean(five),
    recallAt10: mean(at(10)),
    interval: bootstrap(five),
  };
}

/** The share of the relevant ids that stand among the first `depth`. */
export function recallAt(relevant: readonly string[], ranked: readonly string[], depth: number): number {
  const head = new Set(ranked.slice(0, depth));
  return relevant.length === 0 ? 0 : relevant.filter((id) => head.has(id)).length / relevant.length;
}

/** 1 divided by the place of the first relevant id among the first ten, else 0. */
export function reciprocalRank(relevant: readonly string[], ranked: readonly string[]): number {
  const place = ranked.slice(0, 10).findIndex((id) => relevant.includes(id));
  return place < 0 ? 0 : 1 / (place + 1);
}

/** The mean of differences question by question, with its 95 % interval. */
export function pairedDifference(differences: readonly number[]): {
  mean: number;
  interval: readonly [number, number];
} {
  return { mean: mean(differences), interval: bootstrap(differences) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Percentile bootstrap of the mean. */
function bootstrap(values: readonly number[]): readonly [number, number] {
  const means = resampledMeans(values).sort((one, other) => one - other);
  return [means[24] ?? 0, means[974] ?? 0];
}

/** The means of 1,000 resamples, the same in every run with the same seed. */
export function resampledMeans(values: readonly number[], seed = 12_345): number[] {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: 1_000 }, () => {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw++) sum += values[Math.floor(random() * values.length)] ?? 0;
    return sum / Math.max(1, values.length);
  });
}
