/**
 * The models of the configuration, opened: what the rest of the program gets of this layer. One inference process
 * serves them all; nothing is loaded, fetched or started before the first need or `warm()`.
 */
import type { Clock } from '../core/clock.ts';
import { MemoryMcpError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { offEmbedder } from './disabled-embedder.ts';
import type { Embedder } from './embedder.ts';
import { type EmbeddingConfig, readEmbeddingConfig } from './embedding-config.ts';
import { createEmbeddingSpaceCache } from './embedding-space-cache.ts';
import { bundledInference, type InferenceCommand } from './inference/inference-process.ts';
import { createLocalInference } from './inference/local-inference.ts';
import { createLocalEmbedder, type LocalEmbedder } from './local-embedder.ts';
import { createLocalReranker, type LocalReranker } from './local-reranker.ts';
import type { ManagedModelDeps } from './managed-model.ts';
import { embedderReference, type ModelPlace, rerankerReference } from './model-reference.ts';
import type { ModelSettings } from './model-settings.ts';
import type { Reranker } from './reranker.ts';

export interface ModelsDeps {
  readonly settings: ModelSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when a model has become ready, has failed, or its download has ended. */
  readonly onChange?: () => void;
  /** What runs models; the bundled process unless a test has another. */
  readonly command?: () => InferenceCommand;
}

export function openModels({ settings, clock, logger, onChange = () => {}, command = bundledInference }: ModelsDeps) {
  const { embeddings } = settings;
  const client = createLocalInference({ command, idleMinutes: settings.idleMinutes, clock, logger });
  const register = createEmbeddingSpaceCache(settings.register);
  const slotParts = (place: ModelPlace) => ({ download: downloadOf(place, settings, clock), onChange, clock, logger });
  const { device, threads } = embeddings;

  const embedder = openEmbedder();
  const reranker = openReranker();
  const older = new Map<string, LocalEmbedder>();

  function openEmbedder(): LocalEmbedder | undefined {
    const reference = embedderReference(embeddings.model, embeddings.dtype, settings.folder);
    if (reference === undefined) return undefined;
    const { name, place, preset } = reference;
    return createLocalEmbedder({
      ...slotParts(place),
      name,
      place,
      readEmbeddingConfig: (folder) => readEmbeddingConfig(folder, embeddings, preset),
      dtype: embeddings.dtype,
      device,
      threads,
      client,
      register,
    });
  }

  function openReranker(): LocalReranker | undefined {
    const reference = rerankerReference(settings.reranker, settings.folder, process.arch);
    return reference && createLocalReranker({ ...slotParts(reference.place), reference, device, threads, client });
  }

  function openOlder(spaceId: string): LocalEmbedder | undefined {
    const entry = register.findSpace(spaceId);
    if (entry === undefined) return undefined;
    const { embeddingConfig, space: _space, ...of } = entry;
    return createLocalEmbedder({
      ...slotParts(entry.place),
      ...of,
      download: 'It belongs to an older space and is not fetched again.',
      readEmbeddingConfig: () => embeddingConfig,
      device,
      threads,
      onlySpace: spaceId,
      client,
      register,
    });
  }

  return {
    embedder: embedder ?? offEmbedder,
    reranker: reranker ?? offReranker,
    /** An embedder for vectors of an older space, where its model is still on this machine. */
    embedderFor: (spaceId: string): Embedder | undefined => {
      if (embedder?.space()?.id === spaceId) return embedder;
      const found = older.get(spaceId) ?? openOlder(spaceId);
      if (found === undefined || found.space()?.id !== spaceId) return undefined;
      older.set(spaceId, found);
      return found;
    },
    /** How the configured embedding model is used, once it is loaded: for those who explain it. */
    embeddingConfig: (): EmbeddingConfig | undefined => embedder?.embeddingConfig(),
    /** Begins to load what is there and to fetch what is missing. */
    warm: (): void => {
      embedder?.warm();
      reranker?.warm();
    },
    /** Ends the inference process and stops downloads; resolves when nothing of it is left. */
    close: async (): Promise<void> => {
      embedder?.close();
      reranker?.close();
      await client.close();
    },
  };
}

export type Models = ReturnType<typeof openModels>;

/** How missing files are fetched, or why they are not. The downloader is loaded when it is needed. */
function downloadOf(place: ModelPlace, settings: ModelSettings, clock: Clock): ManagedModelDeps<unknown>['download'] {
  const { hub, downloadMissing } = settings;
  if (place.source === undefined)
    return `${place.folder} does not hold a model: ${place.graphs[0]}, config.json, tokenizer.json and tokenizer_config.json belong there.`;
  if (!downloadMissing || hub.offline) {
    const why = hub.offline ? 'HF_HUB_OFFLINE is set' : 'model_download is never';
    return `It is not in ${place.folder}, and ${why}. Run "memory-mcp download-models" where there is a network, and copy the folder here.`;
  }
  return async (signal, onProgress) => {
    const [{ downloadModel }, { createHub }] = await Promise.all([
      import('./download/download.ts'),
      import('./download/hub.ts'),
    ]);
    await downloadModel(place, { hub: createHub(hub), clock, signal, onProgress });
  };
}

export const offReranker: Reranker = {
  status: () => ({ state: 'off', model: 'none' }),
  score: () =>
    Promise.reject(
      new MemoryMcpError('model_unavailable', 'No reranker is configured', { hint: 'Set reranker_model.' }),
    ),
};
