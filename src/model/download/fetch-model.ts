/**
 * Downloads a model on request, even if automatic downloads are disabled, and loads it once to check that it works.
 * Used by `download-models` for each model.
 */
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import { folderSize } from '../model-files.ts';
import { type ModelRole, resolveEmbedder, resolveReranker } from '../model-reference.ts';
import type { ModelSettings } from '../model-settings.ts';
import { type ModelsDeps, openModels } from '../models.ts';
import { downloadModel } from './download.ts';
import type { DownloadProgress } from './download-lock.ts';
import { createHub } from './hub.ts';

export interface FetchModelDeps extends Pick<ModelsDeps, 'command'> {
  readonly settings: ModelSettings;
  readonly role: ModelRole;
  /** Downloads the newest commit even if the model exists. */
  readonly force: boolean;
  readonly onProgress: (progress: DownloadProgress) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retryPause?: number;
}

export interface FetchedModel {
  readonly role: ModelRole;
  readonly name: string;
  readonly folder: string;
  /** Total size of all files in the folder. */
  readonly bytes: number;
  /** The dimensions of its vectors. Undefined for a reranker. */
  readonly dimensions: number | undefined;
  /** Time to the first result, including the start of the process. */
  readonly loadMilliseconds: number;
}

/** Returns undefined if no model is configured for the role. Rejects if it cannot be downloaded or does not work. */
export async function fetchModel(deps: FetchModelDeps): Promise<FetchedModel | undefined> {
  const { settings, role, force, onProgress, clock, logger, retryPause } = deps;
  const { embeddings, reranker, folder } = settings;
  const reference =
    role === 'embedder'
      ? resolveEmbedder(embeddings.model, embeddings.dtype, folder)
      : resolveReranker(reranker, folder, process.arch);
  if (reference === undefined) return undefined;
  const { name, place } = reference;
  if (place.source !== undefined) {
    const hub = createHub(settings.hub);
    await downloadModel(place, { hub, clock, onProgress, force, ...(retryPause === undefined ? {} : { retryPause }) });
  }
  const started = clock.monotonic();
  const dimensions = await testModel(role, deps, logger);
  const loadMilliseconds = Math.round(clock.monotonic() - started);
  return { role, name, folder: place.folder, bytes: folderSize(place.folder), dimensions, loadMilliseconds };
}

async function testModel(
  role: ModelRole,
  { settings, clock, command }: FetchModelDeps,
  logger: Logger,
): Promise<number | undefined> {
  const only: ModelSettings =
    role === 'embedder'
      ? { ...settings, reranker: 'none' }
      : { ...settings, embeddings: { ...settings.embeddings, model: 'none' } };
  const models = openModels({
    settings: { ...only, downloadMissing: false },
    clock,
    logger,
    ...(command === undefined ? {} : { command }),
  });
  try {
    if (role === 'embedder') return (await models.embedder.embedQuery('memory')).length;
    await models.reranker.score('memory', ['memory']);
    return undefined;
  } finally {
    await models.close();
  }
}
