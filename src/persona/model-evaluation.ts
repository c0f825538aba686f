/**
 * Measures the quality of a workspace's embedding model per language pair, with the evaluation pairs of `scoring/`. Runs
 * once per space, in the background, and stores the result. Until then search gives the model full weight.
 */
import { reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { VectorSpace } from '../core/vector.ts';
import type { Embedder } from '../model/embedder.ts';
import { evaluationTexts, type ModelQuality, measureModelQuality } from '../scoring/model-quality.ts';
import { parseStoredQuality, storedFormOf } from '../scoring/stored-quality.ts';
import type { MemoryStore } from '../store/memory-store.ts';

export function createModelEvaluation({ store, logger }: { store: MemoryStore; logger: Logger }) {
  const stop = new AbortController();
  const known = new Map<string, ModelQuality>();
  let measuring: Promise<void> | undefined;

  function qualityOf(space: VectorSpace): ModelQuality | undefined {
    const found = known.get(space.id) ?? parseStoredQuality(store.vectors.readMeasurement(space));
    if (found !== undefined) known.set(space.id, found);
    return found;
  }

  async function measure(embedder: Embedder, space: VectorSpace): Promise<void> {
    const options = { priority: 'background', signal: stop.signal } as const;
    const embedTexts = async (texts: { questions: readonly string[]; answers: readonly string[] }) => {
      const questions: Float32Array[] = [];
      for (const question of texts.questions) questions.push(await embedder.embedQuery(question, options));
      const answers: Float32Array[] = [];
      for (const answer of texts.answers) {
        answers.push(...(await embedder.embedDocument(answer, options)).vectors.slice(0, 1));
      }
      return { questions, answers };
    };
    const quality = measureModelQuality({
      ja: await embedTexts(evaluationTexts.ja),
      en: await embedTexts(evaluationTexts.en),
    });
    if (embedder.space()?.id !== space.id) return;
    known.set(space.id, quality);
    await store.vectors.writeMeasurement(space, storedFormOf(quality));
  }

  async function measureIfUnknown(embedder: Embedder): Promise<void> {
    const space = embedder.space();
    if (stop.signal.aborted || space === undefined) return;
    if (embedder.status().state !== 'ready' || qualityOf(space) !== undefined) return;
    await measure(embedder, space);
  }

  return {
    /** The measured quality of the model of this space, if known. */
    qualityOf,
    /** Measures the model once, if it is ready. Resolves when the measurement has ended, and never rejects. */
    measureOnce(embedder: Embedder): Promise<void> {
      measuring ??= measureIfUnknown(embedder)
        .catch((error: unknown) => {
          if (!stop.signal.aborted) logger.debug('could not measure the model quality', { reason: reasonOf(error) });
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
