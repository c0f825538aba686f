/**
 * The numbers that recall rests on, in one place. Those of the ranking were chosen on one half of the questions of
 * `npm run bench -- recall`, and the figure beside one is what its absence costs on all of them; `docs/recall.md` has them
 * all, with intervals. "By words" is where meaning was not searched.
 */
export const rankingParameters = {
  /** How many candidates are kept in order. */
  rankedLimit: 200,
  /**
   * Weight of full coverage, in deviations, where meaning was searched and where it was not. Without words R@1 falls by 10
   * to 15 on locomo, jaquad and jsquad; 12 in both cases lost 0.8 on locomo.
   */
  wordsWeight: 18,
  wordsWeightByWords: 12,
  /**
   * Words that do not single out a memory weigh less beside meaning: this share is lost, twice that where neighbours have
   * nothing to do with each other, for each share by which the coverage of the tenth best of the candidates, relative to
   * that of the best, exceeds 0.4. Without it R@1 falls by 1.8 on jsts_para.
   */
  crowdSize: 10,
  crowdedFrom: 0.4,
  crowdedLoss: 1,
  leastWordsShare: 0.1,
  /** Above 1: a few shared words say less than their share, most of the words more. 1 loses 11 of R@1 on rpc_para. */
  wordsPower: 1.5,
  /** Weight of proximity, relative to coverage. Without it R@1 falls by 1.0 on locomo. */
  proximityShare: 0.375,
  /**
   * Weight of context terms, relative to coverage; half of it where meaning was not searched. Without them R@1 falls by 2.9
   * on locomo.
   */
  precedingShare: 0.375,
  /** How many of the best candidates are examined for proximity and context terms. */
  examined: 50,
  /**
   * Share of the cosines without the common components in the score of the meaning. Without them the reciprocal rank falls
   * by 5.0 on rpc_chat; alone they lose 5 of R@1 on rpc_xling.
   */
  residualShare: 0.5,
  /**
   * How much of the difference between the mean cosines of languages is compensated. Compensating all of it would bury
   * memories in the language of the query.
   */
  languageLevelling: 0.6,
  /** How many of the best candidates bring the memories beside them. */
  bringing: 20,
  /**
   * The share of its relevance that a memory lends to those beside it in a session window, where meaning was searched and
   * where it was not. By words alone 0.2 gained a point on locomo and made rpc_chat uncertain. All three shares are
   * multiplied by the coherence of the store. Without loans R@5 falls by 9.7 on rpc_chat and R@1 by 4.5 on locomo.
   */
  neighborShare: 0.3,
  neighborShareByWords: 0.1,
  /** The same from a question to what follows it, which answers it. With the usual share R@1 falls by 2.7 on locomo. */
  answerShare: 0.5,
  /** What a memory that ends in a question loses, in deviations. Without it R@1 falls by 1.4 on locomo; 2 was no better. */
  questionPenalty: 1.5,
  /** What a memory gains whose speaker the query names, in deviations. Without it R@1 falls by 2.9 on locomo; 3 was no better. */
  speakerBonus: 2,
  /** Weight of a model that guesses: enough to order memories that words cannot tell apart. */
  minimumModelWeight: 0.01,
  /**
   * What a memory gains that is of a date in the question, in deviations, and the days beyond it that gain half. Without it
   * R@5 falls by 3.2 on locomo, R@1 by 2.1; of the 120 questions with a date by 23 and 15. 2 loses 3.3 of R@1 on these, 4
   * and 6 gain nothing, and a day or a week instead of three lose a point of R@5 or gain nothing.
   */
  dateWeight: 3,
  dateReachDays: 3,
  /** Enough to settle near ties. The question sets cannot measure it: their memories have all the same. */
  importanceWeight: 0.4,
  /**
   * The same, by when something happened. Asked on the day after the last memory of a conversation, as `--asked-then` does,
   * R@5 is 0.2 [-0.2, 0.6] worse without it on locomo and R@1 0.3 [-0.1, 0.7] better: too little to choose by.
   */
  recencyWeight: 0.2,
  recencyHalfLifeDays: 30,
  /**
   * The share of the reranker in the score of what it has read, where meaning was searched and where it was not. With 1,
   * which is the reranker's order alone, R@1 falls by 15 on rpc_para; 0.2 gains less on locomo, 0.5 loses on rpc_para.
   */
  rerankShare: 0.3,
  rerankShareByWords: 0.6,
  /** How many characters of a text the reranker reads: the passage that was found. More are slower and no better. */
  rerankCharacters: 300,
  /** How long a search waits for the reranker. What it has read by then counts. */
  rerankMilliseconds: 700,
  /** What is measured of a text, a store or a model before anything is ranked, and what is judged afterwards. */
  fixed: {
    /** How many texts full text proposes, and how many vectors the index does. */
    wordCandidates: 100,
    vectorCandidates: 100,
    /**
     * k1 and b of BM25: low, because memories are short, and repetition and length say little. By the share of the words alone,
     * up to 400 questions of a store, the usual 1.2 and 0.75 together lose 3.3 of R@1 on jaquad_sent and 2.2 on locomo. k1 of 0
     * loses 6.7 of R@5 on rpc_chat, 2 loses 2.5 of R@1 on jaquad_sent; b of 0 loses 1.3 on jaquad, 1 loses 3.5 on
     * jaquad_sent. From 0.35 to 1.2 and from 0.2 to 0.75, each alone, hardly any difference is beyond noise.
     */
    termSaturation: 0.7,
    lengthNormalization: 0.4,
    /** Fewer vectors do not show what all have in common. */
    componentsFromVectors: 128,
    /** A common direction keeps the share r / (variance + r), where r is this many times the mean variance of a dimension. */
    keptVariances: 10,
    /** How many memories before and after one belong to its sitting, and how long a pause may be within one. */
    sessionReach: 2,
    longestPauseMinutes: 30,
    /**
     * Whether neighbours cohere (`coherence.ts`): deviations by which they share more words than any two memories, below
     * which nothing is taken from them and above which everything; how many pairs outweigh the assumption that they do; and
     * what is so little that it is only that assumption. In their own order jsts_para shows 0.07 deviations and rpc_para 0.21,
     * conversations 0.5 to 2.4 and chapters of texts 4 and more; in random order the sets without dates show 0.10 at most.
     * So any limit from 0.21 to 0.5 takes nothing from the former and something from each of the latter.
     */
    coherentFrom: 0.25,
    coherentFully: 1,
    assumedPairs: 16,
    negligibleCoherence: 0.1,
    /**
     * The share of the measuring questions that a model gets right (chance is 1/16): it guesses below, and is trusted above.
     * all-MiniLM-L6-v2 gets 0.13 to 0.19 in Japanese and across languages and 0.69 in English, multilingual-e5-small 0.81 to
     * 0.94. So any two limits between 0.19 and 0.69 order the memories alike with both; these are conventional. With no limit
     * R@5 falls by 22 [12, 33] on rpc_chat and by 17 [9, 25] on rpc_para with all-MiniLM-L6-v2.
     */
    guessingBelow: 0.25,
    trustedFrom: 0.625,
    /**
     * What `strong` asks for (`strength.ts`): a lead over the second in deviations and as a share of the best, and where
     * meaning was searched, that the best holds this share of the query's words and this much more of them than any other,
     * and lies at most so many deviations behind the best by meaning. With a lead of 2.5 alone it was right in 82 % on
     * locomo, with all of it in 93 %; by words alone in 80 % and 94 %.
     */
    strongLead: 2.5,
    strongShare: 0.27,
    strongCoverage: 0.25,
    strongWordsLead: 0.05,
    strongMeaningLag: 0.5,
    strongLeadByWords: 2,
    strongShareByWords: 0.57,
    /**
     * By words alone this lead, in deviations, is enough where the reranker's reading of the best is so high and so far ahead
     * of the others. That is right in 94 % on locomo and said twice as often as by words.
     */
    confirmedLead: 1,
    confirmingReading: 2,
    confirmingReadingLead: 2,
    /** The nearness of an answer to its question. */
    answeringNearness: 1,
    /** A sample of fewer vectors shows nothing, nor do fewer memories than this place about what usually lies near a question. */
    sampledFrom: 64,
    comparedPlace: 10,
    /** The coverage from which words alone make an answer. */
    tellingCoverage: 0.3,
    /** The coverage that makes a hit even of endings and function words, where a query has little else. */
    noticeableCoverage: 0.1,
    /**
     * The limits of `none`: a memory is unrelated whose nearness and half of its lead over the tenth best by meaning, in
     * deviations, together stay below this, in the language of the query and across languages. Nearness alone, up to 0.85
     * and 0.4, was right in 71 % on rpc_chat and caught 18 % across languages; with the lead it is 100 % and 52 %.
     */
    standingOut: 0.5,
    standingOutBelow: 1.4,
    standingOutAcrossBelow: 1.3,
    /**
     * The vote of a reranker (`reranker-scale.ts`) in `none`: what the best reading of the first few adds to that sum, from a
     * reading that says neither. With it `none` catches 57 % instead of 46 % and is right in 91 % instead of 87 % on rpc_para.
     */
    readingVote: 0.5,
    neutralReading: 0.5,
    /** The limits of nearness alone, for stores too small to have a tenth best, and for what counts as a hit. */
    unrelatedBelow: 0.85,
    unrelatedAcrossBelow: 0.4,
  },
};

export type RankingParameters = Readonly<typeof rankingParameters>;
