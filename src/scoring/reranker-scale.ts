/**
 * The scale of a reranker, measured once per language with questions whose answers are known. Rerankers differ in what
 * they give the same pair: a limit is the same for all of them only on a scale of their own. One that cannot tell the
 * answer to a question from those to others has none.
 */
import type { Language } from '../core/text/language.ts';
import { evaluationPairs } from './evaluation-pairs.ts';
import { rankingParameters } from './ranking-parameters.ts';

export interface RerankerScale {
  /** The share of questions whose own answer scored best of those that were read with it. */
  readonly right: number;
  /** Mean log odds of a question with its own answer. */
  readonly related: number;
  /** Mean log odds of a question with the answer to another one. */
  readonly unrelated: number;
}

/** A question, its own answer first, and answers to others. */
export interface RerankerTrial {
  readonly question: string;
  readonly answers: readonly string[];
}

/** Answers to other questions that each question is read with. More tell no more and take longer. */
const othersRead = 3;

export function rerankerTrials(language: Language): readonly RerankerTrial[] {
  const answers = evaluationPairs.map(({ [language]: [, answer] }) => answer);
  return evaluationPairs.map(({ [language]: [question] }, index) => ({
    question,
    answers: [...answers.slice(index), ...answers].slice(0, 1 + othersRead),
  }));
}

/** From the scores of each trial, in the order of its answers. */
export function measureRerankerScale(trials: readonly (readonly number[])[]): RerankerScale {
  const odds = trials.map((scores) => scores.map(logOdds));
  const own = odds.map(([first = 0]) => first);
  const others = odds.map(([, ...rest]) => rest);
  return {
    right: mean(own.map((score, index) => (others[index]?.every((other) => other < score) === true ? 1 : 0))),
    related: mean(own),
    unrelated: mean(others.flat()),
  };
}

/**
 * A score on that scale: 0 is the mean of a question and another answer, 1 that of its own answer. Undefined for a
 * reranker that was not measured or guesses.
 */
export function readScore(scale: RerankerScale | undefined, score: number): number | undefined {
  if (scale === undefined || scale.right < rankingParameters.fixed.trustedFrom) return undefined;
  const { related, unrelated } = scale;
  return related > unrelated ? (logOdds(score) - unrelated) / (related - unrelated) : undefined;
}

/** Scores are probabilities in single precision, where 0 and 1 have no odds. */
function logOdds(score: number): number {
  const inside = Math.min(1 - smallest, Math.max(smallest, score));
  return Math.log(inside / (1 - inside));
}

const smallest = 1e-6;

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
