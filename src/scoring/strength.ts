/**
 * Whether the memories answer a query at all. `weak` is the normal state. `none` needs a model whose quality was measured
 * (`model-quality.ts`): words, absolute cosines and ranks do not tell. Even then it means that the subject never came up,
 * not that one detail of it was never mentioned.
 */

import type { Language } from '../core/text/language.ts';
import type { RatedTerm } from './bm25.ts';
import { type ModelQuality, modelWeight, nearness } from './model-quality.ts';
import type { Candidate, Ranked, ScoreDistribution } from './ranking.ts';

export type Strength = 'strong' | 'weak' | 'none';
/** The basis of the judgement: the measured scale of the model, a sample of the memories, or neither. */
export type CalibrationSource = 'measured' | 'sampled' | 'none';

export interface Judgement {
  readonly strength: Strength;
  readonly calibration: CalibrationSource;
}

/**
 * The lead of the best over the second, in deviations, that `strong` requires. With meaning, 2 was right in 86 % on
 * paraphrases and 2.5 in 93 %; by words alone more changes nothing.
 */
const decisiveLead = { withMeaning: 2.5, byWords: 2 };
/** Normalized similarity of an answer to its question. */
const answering = 1;
/** Below this lay two in five questions about other subjects, and 2 in 100 about stored ones. */
const unrelatedBelow = 0.85;
/** Cosines across languages are less certain. */
const unrelatedAcrossBelow = 0.4;
/** The coverage from which words alone make an answer. */
export const tellingCoverage = 0.3;
/** The coverage that makes a hit even of endings and function words, where a query has little else. */
const noticeableCoverage = 0.1;
/** The weight of whole words, and of pairs of characters that are no ending. */
const wordWeight = 1;
const minimumSample = 64;

export interface StrengthEvidence {
  readonly ranked: readonly Ranked<Candidate>[];
  readonly asked: Language;
  readonly distribution?: ScoreDistribution | undefined;
  readonly quality?: ModelQuality | undefined;
  /** Memories in another language exist and only words were searched, which cannot find them. */
  readonly beyondWords?: boolean | undefined;
}

export function judgeStrength(evidence: StrengthEvidence): Judgement {
  const { ranked } = evidence;
  const calibration = calibrationOf(evidence);
  const [best, second] = ranked;
  if (best === undefined) return { strength: evidence.beyondWords === true ? 'weak' : 'none', calibration };
  if (ranked.every((entry) => isUnrelated(entry, evidence))) return { strength: 'none', calibration };
  const lead = best.strength - (second?.strength ?? 0);
  const needed = evidence.distribution === undefined ? decisiveLead.byWords : decisiveLead.withMeaning;
  return { strength: lead >= needed && answers(best, evidence) ? 'strong' : 'weak', calibration };
}

function calibrationOf({ ranked, asked, distribution, quality }: StrengthEvidence): CalibrationSource {
  if (distribution === undefined) return 'none';
  if (quality !== undefined && ranked.every(({ language }) => modelWeight(quality, asked, language) === 1))
    return 'measured';
  return distribution.size >= minimumSample ? 'sampled' : 'none';
}

function nearnessOf({ cosine, language }: Candidate, { asked, quality }: StrengthEvidence): number | undefined {
  return cosine === undefined ? undefined : nearness(quality, cosine, asked, language);
}

function answers(entry: Candidate, evidence: StrengthEvidence): boolean {
  return entry.coverage >= tellingCoverage || (nearnessOf(entry, evidence) ?? 0) >= answering;
}

/**
 * Whether a result counts as one: it holds a word of the query, or lies nearer than the limit of `none`. Results beyond
 * these only fill the page.
 */
export function isHit(
  entry: Candidate & { readonly matched: readonly RatedTerm[] },
  evidence: StrengthEvidence,
): boolean {
  if (entry.coverage >= noticeableCoverage || entry.matched.some(({ weight }) => weight >= wordWeight)) return true;
  return entry.cosine !== undefined && !isUnrelated(entry, evidence);
}

/** False for a memory that cannot be judged: it may be the answer. */
function isUnrelated(entry: Candidate, evidence: StrengthEvidence): boolean {
  const near = nearnessOf(entry, evidence);
  if (near === undefined || entry.coverage >= tellingCoverage) return false;
  return near < (entry.language === evidence.asked ? unrelatedBelow : unrelatedAcrossBelow);
}
