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
import { type Fitness, measureFitness, probeTexts } from '../scoring/model-quality.ts';
import type { MemoryStore } from '../store/memory-store.ts';

export interface ModelFitness {
  /** What is known of the model of this space. */
  of(space: VectorSpace): Fitness | undefined;
  /** Measures the model in the background, if it is ready and has not been measured; resolves when that is done. */
  ensure(embedder: Embedder): Promise<void>;
  close(): Promise<void>;
}

const acquaintance = z.object({ right: z.number(), related: z.number(), unrelated: z.number() });
const kept = z.object({
  version: z.literal(probeVersion),
  fitness: z.object({ 'ja-ja': acquaintance, 'ja-en': acquaintance, 'en-ja': acquaintance, 'en-en': acquaintance }),
});

export function createModelFitness({ store, logger }: { store: MemoryStore; logger: Logger }): ModelFitness {
  const stop = new AbortController();
  const known = new Map<string, Fitness>();
  let measuring: Promise<void> | undefined;

  function of(space: VectorSpace): Fitness | undefined {
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
    const fitness = measureFitness({ ja: await vectors(probeTexts.ja), en: await vectors(probeTexts.en) });
    if (embedder.space()?.id !== space.id) return;
    known.set(space.id, fitness);
    await store.vectors.keepMeasured(space, { version: probeVersion, fitness });
  }

  return {
    of,
    async ensure(embedder) {
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
    async close() {
      stop.abort();
      await measuring;
    },
  };
}
