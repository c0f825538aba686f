/**
 * What the model of a workspace is worth in each language: measured once per space, in the background, with the probes
 * of `core/`, and kept in the store. Until then recall trusts the model as it is.
 */
import * as z from 'zod';
import { reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { VectorSpace } from '../core/vector.ts';
import type { Embedder } from '../model/embedder.ts';
import { probeVersion } from '../scoring/evaluation-pairs.ts';
import { evaluationTexts, type ModelQuality, measureModelQuality } from '../scoring/model-quality.ts';
import type { MemoryStore } from '../store/memory-store.ts';

const languagePairQuality = z.object({ right: z.number(), related: z.number(), unrelated: z.number() });
// `fitness` is the name that stores on disk have for it.
const kept = z.object({
  version: z.literal(probeVersion),
  fitness: z.object({
    'ja-ja': languagePairQuality,
    'ja-en': languagePairQuality,
    'en-ja': languagePairQuality,
    'en-en': languagePairQuality,
  }),
});

export function createModelEvaluation({ store, logger }: { store: MemoryStore; logger: Logger }) {
  const stop = new AbortController();
  const known = new Map<string, ModelQuality>();
  let measuring: Promise<void> | undefined;

  function of(space: VectorSpace): ModelQuality | undefined {
    const found = known.get(space.id) ?? kept.safeParse(store.vectors.measured(space)).data?.fitness;
    if (found !== undefined) known.set(space.id, found);
    return found;
  }

  async function measure(embedder: Embedder, space: VectorSpace): Promise<void> {
    const options = { priority: 'background', signal: stop.signal } as const;
    const vectors = async ({ questions, answers }: { questions: readonly string[]; answers: readonly string[] }) => {
      const asked: Float32Array[] = [];
      for (const question of questions) asked.push(await embedder.embedQuery(question, options));
      const told: Float32Array[] = [];
      for (const answer of answers) told.push(...(await embedder.embedDocument(answer, options)).vectors.slice(0, 1));
      return { questions: asked, answers: told };
    };
    const quality = measureModelQuality({
      ja: await vectors(evaluationTexts.ja),
      en: await vectors(evaluationTexts.en),
    });
    if (embedder.space()?.id !== space.id) return;
    known.set(space.id, quality);
    await store.vectors.keepMeasured(space, { version: probeVersion, fitness: quality });
  }

  return {
    /** What is known of the model of this space. */
    of,
    /** Measures the model in the background, if it is ready and has not been measured; resolves when that is done. */
    async ensure(embedder: Embedder): Promise<void> {
      if (measuring !== undefined) return measuring;
      const space = embedder.space();
      if (stop.signal.aborted || space === undefined) return;
      if (embedder.status().state !== 'ready' || of(space) !== undefined) return;
      measuring = measure(embedder, space)
        .catch((error: unknown) => {
          if (!stop.signal.aborted) logger.debug('the model could not be measured', { reason: reasonOf(error) });
        })
        .finally(() => {
          measuring = undefined;
        });
      return measuring;
    },
    async close(): Promise<void> {
      stop.abort();
      await measuring;
    },
  };
}

export type ModelEvaluation = ReturnType<typeof createModelEvaluation>;
