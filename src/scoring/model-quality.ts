/**
 * The quality of an embedding model for each pair of languages, measured once with questions whose answers are known:
 * the share it gets right, and the mean cosines of matching and of other pairs. Search weighs the model by this, and
 * normalizes similarity on this scale.
 */
import type { Language } from '../core/text/language.ts';
import { dotProduct } from '../core/vector.ts';
import { evaluationPairs } from './evaluation-pairs.ts';
import { rankingParameters } from './ranking-parameters.ts';

/** From questions in one language to memories in the same or the other. */
export type LanguagePair = `${Language}-${Language}`;

export interface LanguagePairQuality {
  /** The share of questions whose own answer is the nearest of all sixteen; chance is 1/16. */
  readonly right: number;
  /** Mean cosine of a question and its answer. */
  readonly related: number;
  /** Mean cosine of a question and the answer to another one. */
  readonly unrelated: number;
}

export type ModelQuality = Readonly<Record<LanguagePair, LanguagePairQuality>>;

/** The texts to embed for the measurement, by language. Question and answer have the same index. */
export const evaluationTexts: Readonly<Record<Language, { questions: readonly string[]; answers: readonly string[] }>> =
  {
    ja: { questions: evaluationPairs.map(({ ja }) => ja[0]), answers: evaluationPairs.map(({ ja }) => ja[1]) },
    en: { questions: evaluationPairs.map(({ en }) => en[0]), answers: evaluationPairs.map(({ en }) => en[1]) },
  };

export interface EvaluationVectors {
  readonly questions: readonly Float32Array[];
  readonly answers: readonly Float32Array[];
}

export function measureModelQuality(vectors: Readonly<Record<Language, EvaluationVectors>>): ModelQuality {
  const of = (asked: Language, answered: Language): LanguagePairQuality =>
    languagePairQuality(vectors[asked].questions, vectors[answered].answers);
  return { 'ja-ja': of('ja', 'ja'), 'ja-en': of('ja', 'en'), 'en-ja': of('en', 'ja'), 'en-en': of('en', 'en') };
}

function languagePairQuality(
  questions: readonly Float32Array[],
  answers: readonly Float32Array[],
): LanguagePairQuality {
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

/** The weight of the model, `minimum`..1; 1 for a model that was not measured. */
export function modelWeight(
  quality: ModelQuality | undefined,
  asked: Language,
  answered: Language,
  minimum = rankingParameters.minimumModelWeight,
): number {
  if (quality === undefined) return 1;
  const { guessingBelow, trustedFrom } = rankingParameters.fixed;
  const share = (quality[`${asked}-${answered}`].right - guessingBelow) / (trustedFrom - guessingBelow);
  return Math.min(1, Math.max(minimum, share));
}

/**
 * Normalized similarity: 0 is the mean cosine of a question and another answer, 1 that of its own answer. Undefined for a
 * model that was not measured or is weak in these languages.
 */
export function nearness(
  quality: ModelQuality | undefined,
  cosine: number,
  asked: Language,
  answered: Language,
): number | undefined {
  if (quality === undefined || modelWeight(quality, asked, answered) < 1) return undefined;
  const { related, unrelated } = quality[`${asked}-${answered}`];
  return related > unrelated ? (cosine - unrelated) / (related - unrelated) : undefined;
}
