/**
 * Measures the scale of the reranker, with the evaluation pairs of `scoring/`: once per language that is asked in, in
 * the background. Until then its scores order memories and have no say in how sure an answer is.
 */
import { reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Language } from '../core/text/language.ts';
import type { Reranker } from '../model/reranker.ts';
import { measureRerankerScale, type RerankerScale, rerankerTrials } from '../scoring/reranker-scale.ts';

export function createRerankerEvaluation({ reranker, logger }: { reranker: Reranker; logger: Logger }) {
  const stop = new AbortController();
  const known = new Map<Language, RerankerScale>();
  const measuring = new Map<Language, Promise<void>>();

  async function measure(language: Language): Promise<void> {
    const scores: (readonly number[])[] = [];
    for (const { question, answers } of rerankerTrials(language)) {
      scores.push(await reranker.score(question, answers, { priority: 'background', signal: stop.signal }));
    }
    known.set(language, measureRerankerScale(scores));
  }

  return {
    /** What was measured, if it has been. */
    scaleFor: (language: Language): RerankerScale | undefined => known.get(language),
    /** Measures once. Resolves when the measurement has ended. For a reranker that has just answered. */
    async measureOnce(language: Language): Promise<void> {
      if (stop.signal.aborted || known.has(language)) return;
      const running =
        measuring.get(language) ??
        measure(language)
          .catch((error: unknown) => {
            if (!stop.signal.aborted) logger.debug('could not measure the reranker', { reason: reasonOf(error) });
          })
          .finally(() => measuring.delete(language));
      measuring.set(language, running);
      return running;
    },
    async close(): Promise<void> {
      stop.abort();
      await Promise.all(measuring.values());
    },
  };
}

export type RerankerEvaluation = ReturnType<typeof createRerankerEvaluation>;
