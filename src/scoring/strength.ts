/**
 * Whether the memories answer a question at all. `weak` is the normal state. `none` needs a model whose scale was
 * measured (`model-quality.ts`), since neither words nor an absolute cosine nor the place among other memories tells; even
 * then it tells only that the subject never came up, not that the one thing asked about was never said.
 */

import type { Language } from '../core/text/language.ts';
import { type ModelQuality, modelWeight, nearness } from './model-quality.ts';
import type { Candidate, Ranked, ScoreDistribution } from './ranking.ts';

export type Strength = 'strong' | 'weak' | 'none';
/** What the judgement rests on: the measured scale of the model, only a sample of the memories, or nothing of the kind. */
export type CalibrationSource = 'measured' | 'sampled' | 'none';

export interface Judgement {
  readonly strength: Strength;
  readonly calibration: CalibrationSource;
}

/** Deviations by which the best must stand above the second. */
const decisiveLead = 2;
/** As near as an answer is to its question. */
const answering = 1;
/** Farther than this lay two in five of the questions about something else, and 2 in 100 of those about something stored. */
const unrelatedBelow = 0.85;
/** Cosines across languages are less certain. */
const unrelatedAcrossBelow = 0.4;
/** Of a question's words, so many make an answer by themselves. */
export const tellingCoverage = 0.3;
const minimumSample = 64;

export interface StrengthEvidence {
  readonly ranked: readonly Ranked<Candidate>[];
  readonly asked: Language;
  readonly distribution?: ScoreDistribution | undefined;
  readonly quality?: ModelQuality | undefined;
  /** Whether memories in another language were looked at by the question's words alone, which cannot find them. */
  readonly beyondWords?: boolean | undefined;
}

export function judgeStrength(evidence: StrengthEvidence): Judgement {
  const { ranked } = evidence;
  const calibration = calibrationOf(evidence);
  const [best, second] = ranked;
  if (best === undefined) return { strength: evidence.beyondWords === true ? 'weak' : 'none', calibration };
  if (ranked.every((entry) => isUnrelated(entry, evidence))) return { strength: 'none', calibration };
  const lead = best.strength - (second?.strength ?? 0);
  return { strength: lead >= decisiveLead && answers(best, evidence) ? 'strong' : 'weak', calibration };
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

/** A memory that cannot be judged may be the answer. */
function isUnrelated(entry: Candidate, evidence: StrengthEvidence): boolean {
  const near = nearnessOf(entry, evidence);
  if (near === undefined || entry.coverage >= tellingCoverage) return false;
  return near < (entry.language === evidence.asked ? unrelatedBelow : unrelatedAcrossBelow);
}
