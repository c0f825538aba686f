/**
 * Opens the configured models. This is the entry point of the model layer. All models share one inference process.
 * Nothing is loaded, downloaded or started before the first use or `warm()`.
 */
import type { Clock } from '../core/clock.ts';
import { MemoryMcpError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { disabledEmbedder } from './disabled-embedder.ts';
import type { Embedder } from './embedder.ts';
import { type EmbeddingConfig, readEmbeddingConfig } from './embedding-config.ts';
import { createEmbeddingSpaceCache } from './embedding-space-cache.ts';
import type { InferenceStatus } from './inference/inference-client.ts';
import { findBundledInference, type InferenceCommand } from './inference/inference-process.ts';
import { openInference } from './inference/open-inference.ts';
import { createRuntimeCheck } from './inference/runtime.ts';
import { createLocalEmbedder, type LocalEmbedder } from './local-embedder.ts';
import { createLocalReranker, type LocalReranker } from './local-reranker.ts';
import type { ManagedModelDeps } from './managed-model.ts';
import { type ModelPlace, resolveEmbedder, resolveReranker } from './model-reference.ts';
import type { ModelSettings } from './model-settings.ts';
import type { Reranker } from './reranker.ts';

export interface ModelsDeps {
  readonly settings: ModelSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when a model is ready or has failed, and when its download has ended. */
  readonly onChange?: () => void;
  /** The command that starts an inference process of this server's own. Tests can replace it. */
  readonly command?: () => InferenceCommand;
}

export function openModels({
  settings,
  clock,
  logger,
  onChange = () => {},
  command = findBundledInference,
}: ModelsDeps) {
  const { embeddings } = settings;
  const client = openInference({ settings, command, clock, logger });
  const cache = createEmbeddingSpaceCache(settings.spaceCacheFile);
  const missingRuntime = createRuntimeCheck();
  const managedModelDeps = (place: ModelPlace) => ({
    download: chooseDownload(place, settings, clock),
    missingRuntime,
    onChange,
    clock,
    logger,
  });
  const { device, threads } = embeddings;

  const embedder = openEmbedder();
  const reranker = openReranker();
  const olderEmbedders = new Map<string, LocalEmbedder>();

  function openEmbedder(): LocalEmbedder | undefined {
    const reference = resolveEmbedder(embeddings.model, embeddings.dtype, settings.folder);
    if (reference === undefined) return undefined;
    const { name, place, preset } = reference;
    return createLocalEmbedder({
      ...managedModelDeps(place),
      name,
      place,
      readEmbeddingConfig: (folder) => readEmbeddingConfig(folder, embeddings, preset),
      dtype: embeddings.dtype,
      device,
      threads,
      client,
      cache,
    });
  }

  function openReranker(): LocalReranker | undefined {
    const reference = resolveReranker(settings.reranker, settings.folder, process.arch);
    return (
      reference && createLocalReranker({ ...managedModelDeps(reference.place), reference, device, threads, client })
    );
  }

  function openOlderEmbedder(spaceId: string): LocalEmbedder | undefined {
    const entry = cache.findSpace(spaceId);
    if (entry === undefined) return undefined;
    const { embeddingConfig, space: _space, ...model } = entry;
    return createLocalEmbedder({
      ...managedModelDeps(entry.place),
      ...model,
      download: 'It belongs to an older vector space and is not downloaded again.',
      readEmbeddingConfig: () => embeddingConfig,
      device,
      threads,
      onlySpace: spaceId,
      client,
      cache,
    });
  }

  return {
    embedder: embedder ?? disabledEmbedder,
    reranker: reranker ?? disabledReranker,
    /** An embedder for an older space. Undefined if its model is no longer on this machine. */
    embedderFor: (spaceId: string): Embedder | undefined => {
      if (embedder?.space()?.id === spaceId) return embedder;
      const found = olderEmbedders.get(spaceId) ?? openOlderEmbedder(spaceId);
      if (found === undefined || found.space()?.id !== spaceId) return undefined;
      olderEmbedders.set(spaceId, found);
      return found;
    },
    /** How the configured embedding model is used. Undefined until it is loaded. */
    embeddingConfig: (): EmbeddingConfig | undefined => embedder?.embeddingConfig(),
    /** Starts loading available models and downloading missing ones. */
    warm: (): void => {
      embedder?.warm();
      reranker?.warm();
    },
    /** What runs the models at the moment. */
    inference: (): InferenceStatus => client.status(),
    /** Stops downloads, and ends the inference process or leaves the shared one. */
    close: async (): Promise<void> => {
      embedder?.close();
      reranker?.close();
      await client.close();
    },
  };
}

export type Models = ReturnType<typeof openModels>;

/** Returns the function that downloads missing files, or the reason why they are not downloaded. */
function chooseDownload(
  place: ModelPlace,
  settings: ModelSettings,
  clock: Clock,
): ManagedModelDeps<unknown>['download'] {
  const { hub, downloadMissing } = settings;
  if (place.source === undefined)
    return `${place.folder} does not contain a model. It needs ${place.graphs[0]}, config.json, tokenizer.json and tokenizer_config.json.`;
  if (!downloadMissing || hub.offline) {
    const why = hub.offline ? 'HF_HUB_OFFLINE is set' : 'model_download is never';
    return `It is not in ${place.folder}, and ${why}. Run "memory-mcp download-models" on a machine with network access and copy the folder here.`;
  }
  return async (signal, onProgress) => {
    const [{ downloadModel }, { createHub }] = await Promise.all([
      import('./download/download.ts'),
      import('./download/hub.ts'),
    ]);
    await downloadModel(place, { hub: createHub(hub), clock, signal, onProgress });
  };
}

export const disabledReranker: Reranker = {
  languages: undefined,
  status: () => ({ state: 'off', model: 'none' }),
  score: () =>
    Promise.reject(
      new MemoryMcpError('model_unavailable', 'No reranker is configured', { hint: 'Set reranker_model.' }),
    ),
};
