/**
 * What an embedding model is worth in each language, measured once with a few questions whose answers are known: how
 * many it gets right, and the cosines of pairs that belong together and of pairs that do not. Recall trusts a model no
 * further than this, and reads on this scale whether a memory is near a question at all.
 */
import type { Language } from '../core/text/language.ts';
import { dotProduct } from '../core/vector.ts';
import { probes } from './evaluation-pairs.ts';

/** From questions in one language to memories in the same or the other. */
export type Direction = `${Language}-${Language}`;

export interface Acquaintance {
  /** The share of questions whose own answer is the nearest of all answers; one in sixteen is chance. */
  readonly right: number;
  /** Mean cosine of a question and its answer. */
  readonly related: number;
  /** Mean cosine of a question and the answer to another one. */
  readonly unrelated: number;
}

export type Fitness = Readonly<Record<Direction, Acquaintance>>;

/** What has to be embedded to measure a model: by language, question and answer at the same place. */
export const probeTexts: Readonly<Record<Language, { questions: readonly string[]; answers: readonly string[] }>> = {
  ja: { questions: probes.map(({ ja }) => ja[0]), answers: probes.map(({ ja }) => ja[1]) },
  en: { questions: probes.map(({ en }) => en[0]), answers: probes.map(({ en }) => en[1]) },
};

export interface ProbeVectors {
  readonly questions: readonly Float32Array[];
  readonly answers: readonly Float32Array[];
}

export function measureFitness(vectors: Readonly<Record<Language, ProbeVectors>>): Fitness {
  const of = (asked: Language, answered: Language): Acquaintance =>
    acquaintance(vectors[asked].questions, vectors[answered].answers);
  return { 'ja-ja': of('ja', 'ja'), 'ja-en': of('ja', 'en'), 'en-ja': of('en', 'ja'), 'en-en': of('en', 'en') };
}

function acquaintance(questions: readonly Float32Array[], answers: readonly Float32Array[]): Acquaintance {
  let right = 0;
  let related = 0;
  let unrelated = 0;
  for (const [index, question] of questions.entries()) {
    const cosines = answers.map((answer) => dotProduct(question, answer));
    const own = cosines[index] ?? 0;
    const others = cosines.filter((_, other) => other !== index);
    if (others.every((cosine) => cosine < own)) right += 1;
    related += own;
    unrelated += others.reduce((sum, cosine) => sum + cosine, 0) / Math.max(1, others.length);
  }
  const count = Math.max(1, questions.length);
  return { right: right / count, related: related / count, unrelated: unrelated / count };
}

/** Below a quarter right a model is guessing; above five eighths its order deserves all trust. */
const guessing = 0.25;
const fluent = 0.625;
/** What is left to a model that guesses: to order memories that words cannot tell apart. */
const leastTrust = 0.01;

/** 0.01..1: how much the meaning that a model sees counts; 1 for a model that was not measured. */
export function trustIn(fitness: Fitness | undefined, asked: Language, answered: Language): number {
  if (fitness === undefined) return 1;
  const share = (fitness[`${asked}-${answered}`].right - guessing) / (fluent - guessing);
  return Math.min(1, Math.max(leastTrust, share));
}

/**
 * How near a memory is to a question: 0 as the answer to another question would be, 1 as its own would be. Undefined
 * for a model that was not measured or does not know the languages.
 */
export function nearness(
  fitness: Fitness | undefined,
  cosine: number,
  asked: Language,
  answered: Language,
): number | undefined {
  if (fitness === undefined || trustIn(fitness, asked, answered) < 1) return undefined;
  const { related, unrelated } = fitness[`${asked}-${answered}`];
  return related > unrelated ? (cosine - unrelated) / (related - unrelated) : undefined;
}
