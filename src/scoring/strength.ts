/**
 * Whether the memories answer a query at all. `weak` is the normal state. `none` needs a model whose quality was measured
 * (`model-quality.ts`): words, absolute cosines and ranks do not tell. Even then it means that the subject never came up,
 * not that one detail of it was never mentioned. A reranker whose scale was measured has a vote in both.
 */

import type { Language } from '../core/text/language.ts';
import type { RatedTerm } from './bm25.ts';
import { type ModelQuality, modelWeight, nearness } from './model-quality.ts';
import type { Candidate, Ranked, ScoreDistribution } from './ranking.ts';
import { rankingParameters } from './ranking-parameters.ts';

export type Strength = 'strong' | 'weak' | 'none';
/** The basis of the judgement: the measured scale of the model, a sample of the memories, or neither. */
export type CalibrationSource = 'measured' | 'sampled' | 'none';

export interface Judgement {
  readonly strength: Strength;
  readonly calibration: CalibrationSource;
}

/** The weight of whole words, and of pairs of characters that are no ending. */
const wordWeight = 1;

export interface StrengthEvidence {
  readonly ranked: readonly Ranked<Candidate>[];
  readonly asked: Language;
  readonly distribution?: ScoreDistribution | undefined;
  readonly quality?: ModelQuality | undefined;
  /** What a reranker makes of the first few, in their order (`reranker-scale.ts`); absent without one that was measured. */
  readonly readings?: readonly number[] | undefined;
  /** Memories in another language exist and only words were searched, which cannot find them. */
  readonly beyondWords?: boolean | undefined;
}

export function judgeStrength(evidence: StrengthEvidence): Judgement {
  const { ranked } = evidence;
  const calibration = calibrationOf(evidence);
  if (ranked.length === 0) return { strength: evidence.beyondWords === true ? 'weak' : 'none', calibration };
  if (isNone(evidence)) return { strength: 'none', calibration };
  return { strength: isDecisive(evidence) ? 'strong' : 'weak', calibration };
}

function isNone(evidence: StrengthEvidence): boolean {
  const compared = comparedMeaning(evidence);
  return evidence.ranked.length > 0 && evidence.ranked.every((entry) => isUnrelated(entry, evidence, compared));
}

/**
 * The best leads the second clearly, and is confirmed: by words alone, or with a model that guesses, it holds a good part
 * of the query's, and with meaning, words and meaning agree on it. Where words cannot tell, across languages and where no
 * memory holds one, nearness has to.
 */
function isDecisive(evidence: StrengthEvidence): boolean {
  const { ranked, distribution, quality, asked } = evidence;
  const { strongLead, strongLeadByWords, strongShare, strongShareByWords, tellingCoverage } = rankingParameters.fixed;
  const [best, second] = ranked;
  if (best === undefined || readingLead(evidence) < 0) return false;
  const lead = best.strength - (second?.strength ?? 0);
  const leads = (least: number, share: number) => lead >= least && lead >= share * best.strength;
  if (distribution === undefined || modelWeight(quality, asked, best.language) < 1)
    return (
      isConfirmed(evidence, lead) || (leads(strongLeadByWords, strongShareByWords) && best.coverage >= tellingCoverage)
    );
  if (!leads(strongLead, strongShare)) return false;
  const wordsTell = best.language === asked && ranked.some(({ coverage }) => coverage > 0);
  return wordsTell
    ? isAgreedOn(best, ranked)
    : (nearnessOf(best, evidence) ?? 0) >= rankingParameters.fixed.answeringNearness;
}

/** By words alone a smaller lead is enough where the reranker reads an answer in the best, and in no other. */
function isConfirmed(evidence: StrengthEvidence, lead: number): boolean {
  const { confirmedLead, confirmingReading, confirmingReadingLead } = rankingParameters.fixed;
  const [own = Number.NEGATIVE_INFINITY] = evidence.readings ?? [];
  return lead >= confirmedLead && own >= confirmingReading && readingLead(evidence) >= confirmingReadingLead;
}

/** By how much the reranker prefers the best to the others that it has read; 0 without a reranker. */
function readingLead({ readings = [] }: StrengthEvidence): number {
  const [own, ...others] = readings;
  return own === undefined ? 0 : own - Math.max(0, ...others);
}

function isAgreedOn(best: Ranked<Candidate>, ranked: readonly Ranked<Candidate>[]): boolean {
  const { strongCoverage, strongWordsLead, strongMeaningLag } = rankingParameters.fixed;
  const others = ranked.filter((entry) => entry !== best);
  const byWords = Math.max(0, ...others.map(({ coverage }) => coverage));
  const byMeaning = Math.max(...others.map(({ meaning = Number.NEGATIVE_INFINITY }) => meaning));
  return (
    best.coverage >= strongCoverage &&
    best.coverage - byWords >= strongWordsLead &&
    // A memory without a vector yet is judged by its words.
    (best.meaning ?? Number.POSITIVE_INFINITY) >= byMeaning - strongMeaningLag
  );
}

function calibrationOf({ ranked, asked, distribution, quality }: StrengthEvidence): CalibrationSource {
  if (distribution === undefined) return 'none';
  if (quality !== undefined && ranked.every(({ language }) => modelWeight(quality, asked, language) === 1))
    return 'measured';
  return distribution.size >= rankingParameters.fixed.sampledFrom ? 'sampled' : 'none';
}

function nearnessOf({ cosine, language }: Candidate, { asked, quality }: StrengthEvidence): number | undefined {
  return cosine === undefined ? undefined : nearness(quality, cosine, asked, language);
}

/**
 * Whether a result counts as one: it holds a word of the query, or lies nearer than the limit of `none`. Results beyond
 * these only fill the page.
 */
export function createHitTest(
  evidence: StrengthEvidence,
): (entry: Candidate & Partial<Ranked<Candidate>> & { readonly matched: readonly RatedTerm[] }) => boolean {
  const none = isNone(evidence);
  const compared = comparedMeaning(evidence);
  return (entry) => {
    if (entry.coverage >= rankingParameters.fixed.noticeableCoverage) return true;
    if (entry.matched.some(({ weight }) => weight >= wordWeight)) return true;
    if (none || entry.cosine === undefined) return false;
    return !isUnrelated(entry, evidence, undefined) || !isUnrelated(entry, evidence, compared);
  };
}

/**
 * The meaning of the tenth best: what lies near a question in this store without being its answer. Undefined where
 * too few vectors were looked at.
 */
function comparedMeaning({ ranked, distribution }: StrengthEvidence): number | undefined {
  if (distribution === undefined || distribution.size < rankingParameters.fixed.sampledFrom) return undefined;
  const meanings = ranked.flatMap(({ meaning }) => meaning ?? []).sort((one, other) => other - one);
  return meanings[rankingParameters.fixed.comparedPlace - 1];
}

/**
 * False for a memory that cannot be judged: it may be the answer. One that stands out from the tenth best may lie
 * further away than one among many like it.
 */
function isUnrelated(
  entry: Candidate & { readonly meaning?: number | undefined },
  evidence: StrengthEvidence,
  compared: number | undefined,
): boolean {
  const { unrelatedBelow, unrelatedAcrossBelow, standingOut, standingOutBelow, standingOutAcrossBelow } =
    rankingParameters.fixed;
  const near = nearnessOf(entry, evidence);
  if (near === undefined || entry.coverage >= rankingParameters.fixed.tellingCoverage) return false;
  const same = entry.language === evidence.asked;
  const voted = near + (same ? voteOf(evidence) : 0);
  if (compared === undefined || entry.meaning === undefined)
    return voted < (same ? unrelatedBelow : unrelatedAcrossBelow);
  const lead = Math.max(0, entry.meaning - compared);
  return voted + standingOut * lead < (same ? standingOutBelow : standingOutAcrossBelow);
}

/** What the reranker adds to nearness, or takes from it where even the best that it has read hardly answers. */
function voteOf({ readings = [] }: StrengthEvidence): number {
  const { readingVote, neutralReading } = rankingParameters.fixed;
  return readings.length === 0 ? 0 : readingVote * (Math.max(...readings) - neutralReading);
}
