/**
 * Ranks candidates by one score mixed from words and meaning. Scores are mixed, not ranks: a poor result on one side must
 * not weigh as much as a good one on the other. The unit is the standard deviation of the query's own cosines, which
 * makes it independent of the model. The prior (importance and age) only decides near ties.
 */

import { happenedAt } from '../core/memory.ts';
import type { Language } from '../core/text/language.ts';
import { dayLength } from '../core/time/durations.ts';
import type { Span } from '../core/time/time-range-span.ts';
import { fitDate } from './dates.ts';
import { type ModelQuality, modelWeight } from './model-quality.ts';
import { type RankingParameters, rankingParameters } from './ranking-parameters.ts';
import { inSameSession } from './session-window.ts';
import type { Turn } from './turns.ts';

/** Fewer sampled vectors of a language are not enough for its mean. */
const minimumPerLanguage = 16;

export interface SampledCosine {
  readonly cosine: number;
  readonly language: Language;
}

/** Distribution of one query's cosines over a sample of the memories. */
export interface ScoreDistribution {
  readonly size: number;
  readonly mean: number;
  /** The mean cosine of memories in this language. */
  readonly centre: Readonly<Record<Language, number>>;
  /** Standard deviation within a language; 0 if unknown. */
  readonly deviation: number;
}

export function measureDistribution(sample: readonly SampledCosine[]): ScoreDistribution {
  const count = { ja: 0, en: 0 };
  const sum = { ja: 0, en: 0 };
  for (const { cosine, language } of sample) {
    count[language] += 1;
    sum[language] += cosine;
  }
  const all = (sum.ja + sum.en) / Math.max(1, sample.length);
  const centreOf = (language: Language): number =>
    count[language] < minimumPerLanguage ? all : sum[language] / count[language];
  const centre = { ja: centreOf('ja'), en: centreOf('en') };
  let squares = 0;
  for (const { cosine, language } of sample) squares += (cosine - centre[language]) ** 2;
  return {
    size: sample.length,
    mean: all,
    centre,
    deviation: Math.sqrt(squares / Math.max(1, sample.length)),
  };
}

/** The z-score of a cosine, the languages partly compensated; 0 while there is no distribution. */
export function zScore(
  { mean, centre, deviation }: ScoreDistribution,
  { cosine, language }: SampledCosine,
  { languageLevelling }: RankingParameters = rankingParameters,
): number {
  const level = mean + languageLevelling * (centre[language] - mean);
  return deviation < 1e-6 ? 0 : (cosine - level) / deviation;
}

export interface Candidate extends Partial<Turn> {
  readonly memory: {
    readonly id: number;
    readonly importance: number;
    /** ISO 8601. */
    readonly created_at: string;
    readonly occurred_at?: string | null | undefined;
  };
  readonly language: Language;
  /** 0..1, `bm25.ts`. */
  readonly coverage: number;
  /** `proximity.ts`, 0..1. */
  readonly proximity?: number | undefined;
  /** Context terms: the share of the query's value that the text lacks and the preceding memories hold, 0..1. */
  readonly preceding?: number | undefined;
  /** Absent for a memory without a vector. */
  readonly cosine?: number | undefined;
  /** The cosine after removing the common components (`common-components.ts`). */
  readonly residualCosine?: number | undefined;
}

export interface RankingContext {
  /** 0..1: how much the memories beside one have to do with it (`coherence.ts`). */
  readonly coherence?: number | undefined;
  readonly asked: Language;
  readonly now: Date;
  /** The dates that the query names. */
  readonly dates?: readonly Span[] | undefined;
  /** Absent if meaning was not searched. */
  readonly distribution?: ScoreDistribution | undefined;
  /** Of `distinctCosine`; absent in a small store. */
  readonly residualDistribution?: ScoreDistribution | undefined;
  /** Absent while the model has not been measured. */
  readonly quality?: ModelQuality | undefined;
  /** Benchmarks replace some. */
  readonly parameters?: RankingParameters | undefined;
}

export type Ranked<Entry> = Entry & {
  /** In deviations; comparable only inside one list. */
  readonly strength: number;
  /** Meaning alone, in deviations; absent where it was not searched or the memory has no vector. */
  readonly meaning?: number | undefined;
  /** The part of it that comes from a memory beside this one; absent where none lent anything. */
  readonly loan?: Loan | undefined;
};

/** What the neighbor boost gave. */
export interface Loan {
  /** The id of the memory that lent it. */
  readonly from: number;
  /** In deviations. */
  readonly amount: number;
}

/** Best first, the newer first among equals. */
export function rank<Entry extends Candidate>(candidates: readonly Entry[], context: RankingContext): Ranked<Entry>[] {
  const { parameters = rankingParameters } = context;
  const meanings = candidates.map((entry) => scoreMeaning(entry, { ...context, parameters }));
  const relevance = scoreRelevance(candidates, meanings, { ...context, parameters });
  const loans = neighborBoost(candidates, relevance, { ...context, parameters });
  return candidates
    .map((entry, index) => ({
      ...entry,
      strength:
        (relevance[index] ?? 0) +
        (loans[index]?.amount ?? 0) +
        scoreTurn(entry, parameters) +
        (fitDate(Date.parse(happenedAt(entry.memory)), context.dates ?? [], parameters)?.gain ?? 0) +
        prior(entry, context.now, parameters),
      meaning: meanings[index],
      loan: loans[index],
    }))
    .sort((one, other) => other.strength - one.strength || other.memory.id - one.memory.id);
}

type Circumstances = RankingContext & { readonly parameters: RankingParameters };

function scoreRelevance(
  candidates: readonly Candidate[],
  plain: readonly (number | undefined)[],
  circumstances: Circumstances,
): number[] {
  const { asked, quality, parameters } = circumstances;
  const wordsWeight = weighWords(candidates, circumstances);
  const meanings = candidates.map((entry, index) => {
    const meaning = plain[index];
    return meaning === undefined
      ? undefined
      : modelWeight(quality, asked, entry.language, parameters.minimumModelWeight) * meaning;
  });
  const known = meanings.filter((meaning) => meaning !== undefined);
  // A memory that has no vector yet gets the average of the others.
  const usual = known.length === 0 ? 0 : known.reduce((sum, meaning) => sum + meaning, 0) / known.length;
  return candidates.map(
    (entry, index) => (meanings[index] ?? usual) + wordsWeight * scoreWordMatch(entry, circumstances),
  );
}

/**
 * Beside meaning, words count for less where they single out nothing: where many texts hold almost as many of them as
 * the best. In a conversation that is usual, since its lines repeat words; among unrelated texts it costs twice as much.
 */
function weighWords(
  candidates: readonly Candidate[],
  { distribution, parameters, coherence = 1 }: Circumstances,
): number {
  const { wordsWeight, wordsWeightByWords, crowdSize, crowdedFrom, crowdedLoss, leastWordsShare } = parameters;
  if (distribution === undefined) return wordsWeightByWords;
  const coverages = candidates.map(({ coverage }) => coverage).sort((one, other) => other - one);
  const best = coverages[0] ?? 0;
  const crowd = best === 0 ? 0 : (coverages[crowdSize - 1] ?? 0) / best;
  return wordsWeight * Math.max(leastWordsShare, 1 - crowdedLoss * (2 - coherence) * Math.max(0, crowd - crowdedFrom));
}

/** 0..1 and above: what its words make of a candidate, in shares of the weight of the words. */
function scoreWordMatch(
  { coverage, proximity = 0, preceding = 0, language }: Candidate,
  { asked, distribution, quality, parameters, coherence = 1 }: Circumstances,
): number {
  const { wordsPower, proximityShare, precedingShare, minimumModelWeight } = parameters;
  const confirmed = distribution === undefined ? 0 : modelWeight(quality, asked, language, minimumModelWeight);
  const beside = proximityShare * proximity + ((precedingShare * (1 + confirmed)) / 2) * coherence * preceding;
  return (coverage + beside) ** wordsPower;
}

/** The mean of plain and residual z-scores was right more often than either. */
function scoreMeaning(
  { cosine, residualCosine, language }: Candidate,
  { distribution, residualDistribution, parameters }: Circumstances,
): number | undefined {
  if (distribution === undefined || cosine === undefined) return undefined;
  const plain = zScore(distribution, { cosine, language }, parameters);
  if (residualDistribution === undefined || residualCosine === undefined) return plain;
  const residual = zScore(residualDistribution, { cosine: residualCosine, language }, parameters);
  return plain + parameters.residualShare * (residual - plain);
}

/**
 * The neighbor boost: a share of the best relevance among the candidates just before and after a memory in its session
 * window.
 */
function neighborBoost(
  candidates: readonly Candidate[],
  relevance: readonly number[],
  { parameters, coherence = 1, distribution }: Circumstances,
): (Loan | undefined)[] {
  const { neighborShare, neighborShareByWords, answerShare } = parameters;
  const { sessionReach } = parameters.fixed;
  const usualShare = distribution === undefined ? neighborShareByWords : neighborShare;
  const places = new Map(candidates.map(({ memory }, index) => [memory.id, index]));
  return candidates.map(({ memory }) => {
    let best: Loan | undefined;
    for (let distance = 1; distance <= sessionReach; distance++) {
      for (const id of [memory.id - distance, memory.id + distance]) {
        const place = places.get(id);
        const neighbour = place === undefined ? undefined : candidates[place];
        if (place === undefined || neighbour === undefined) continue;
        if (!inSameSession(memory, neighbour.memory)) continue;
        const answers = neighbour.asks === true && id === memory.id - 1 && distribution !== undefined;
        const amount = coherence * (answers ? answerShare : usualShare) * (relevance[place] ?? 0);
        if (amount > (best?.amount ?? 0)) best = { from: id, amount };
      }
    }
    return best;
  });
}

/** What a memory gains or loses by its own turn. */
export function scoreTurn(
  { asks, spokenByNamed }: Partial<Turn>,
  { questionPenalty, speakerBonus }: RankingParameters = rankingParameters,
): number {
  return (spokenByNamed === true ? speakerBonus : 0) - (asks === true ? questionPenalty : 0);
}

function prior(
  { memory }: Candidate,
  now: Date,
  { importanceWeight, recencyWeight, recencyHalfLifeDays }: RankingParameters,
): number {
  // What lies ahead is as recent as can be.
  const age = Math.max(0, now.getTime() - Date.parse(happenedAt(memory)));
  const recency = 0.5 ** (age / (recencyHalfLifeDays * dayLength));
  return importanceWeight * (memory.importance - 0.5) + recencyWeight * recency;
}

/** Maps strength to a score 0..1 with a logistic curve; 4 deviations are 0.5. */
export function scoreOf(strength: number): number {
  return 1 / (1 + Math.exp(-(strength - 4) / 2));
}
