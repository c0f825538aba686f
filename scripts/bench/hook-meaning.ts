/**
 * The vectors that a hook gets from the shared process, for a benchmark that asks thousands of prompts: the same model,
 * with its answers kept between runs.
 */
import { join } from 'node:path';
import { loadConfiguration } from '../../src/config/load.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { VectorSpace } from '../../src/core/vector.ts';
import { nearestMemories } from '../../src/hook/nearest-memories.ts';
import type { Meaning } from '../../src/hook/prompt-meaning.ts';
import { modelSettings } from '../../src/model/model-settings.ts';
import { evaluationTexts, measureModelQuality } from '../../src/scoring/model-quality.ts';
import type { MemoryStore } from '../../src/store/memory-store.ts';
import { VectorRows } from '../../src/vector/vector-rows.ts';
import { openCachedModels } from './model-cache.ts';

export interface BenchMeaning {
  /** Gives every memory of the store its vectors. */
  embed(store: MemoryStore): Promise<{ of(parts: readonly string[]): Promise<Meaning> }>;
  close(): Promise<void>;
}

/** `model` and `answers` are folders. */
export async function openBenchMeaning(model: string, answers: string): Promise<BenchMeaning> {
  const data = join(answers, '..', 'bench-hook-model');
  const loaded = await loadConfiguration({
    environment: {
      MEMORY_MCP_DATA_DIR: data,
      MEMORY_MCP_EMBEDDINGS_MODEL: model,
      MEMORY_MCP_RERANKER_MODEL: 'none',
      MEMORY_MCP_MODEL_DOWNLOAD: 'never',
    },
    folders: { data, config: join(data, 'no-config'), cache: join(data, 'no-cache') },
    directory: data,
  });
  const models = openCachedModels(
    { settings: modelSettings(loaded), clock: systemClock, logger: silentLogger },
    answers,
  );
  const { embedder } = models;
  const background = { priority: 'background' } as const;
  await embedder.embedDocument('memory', background);
  const space = spaceOf(embedder.space(), model);
  const documents = async (text: string) => (await embedder.embedDocument(text, background)).vectors;
  const measured = async ({ questions, answers }: { questions: readonly string[]; answers: readonly string[] }) => ({
    questions: await Promise.all(questions.map((text) => embedder.embedQuery(text, background))),
    answers: (await Promise.all(answers.map(documents))).flatMap((vectors) => vectors.slice(0, 1)),
  });
  const quality = measureModelQuality({
    ja: await measured(evaluationTexts.ja),
    en: await measured(evaluationTexts.en),
  });

  return {
    async embed(store) {
      const rows = new VectorRows(space.dimensions);
      for (const memory of store.memories.list({ filter: { deleted: 'exclude' }, order: 'oldest', limit: 100_000 })) {
        await store.vectors.put(memory, space, await documents(memory.content));
      }
      for (const { id, vector } of store.vectors.page(space, 0, 1_000_000).vectors) rows.put(id, vector);
      const indexed = rows.pin();
      return {
        async of(parts) {
          const vectors: Float32Array[] = [];
          for (const part of parts) vectors.push(await embedder.embedQuery(part, background));
          const nearest = nearestMemories(store, space, { vectors, indexed });
          const near = new Map(parts.map((part, at) => [part, nearest?.perVector[at] ?? []]));
          return { near, compared: nearest?.compared ?? 0, quality };
        },
      };
    },
    close: () => models.close(),
  };
}

function spaceOf(space: VectorSpace | undefined, model: string): VectorSpace {
  if (space === undefined) throw new Error(`The model in ${model} cannot be used`);
  return space;
}
