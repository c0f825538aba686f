/**
 * `download-models`: downloads the configured or the given models, tests each one and prints where it is.
 */
import { resolve } from 'node:path';
import { loadConfiguration } from '../config/load.ts';
import { systemClock } from '../core/clock.ts';
import { createLogger } from '../core/logger.ts';
import { type FetchedModel, fetchModel } from '../model/download/fetch-model.ts';
import { type ModelSettings, modelSettings } from '../model/model-settings.ts';
import { createProgressBar, printData, printJson, printNotice } from './output.ts';

export interface DownloadModelsFlags {
  /** Overrides the configured embedding model. */
  readonly model?: string | undefined;
  readonly reranker?: string | undefined;
  /** Overrides the folder that contains `<org>/<model>/`. */
  readonly to?: string | undefined;
  readonly force?: boolean | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Downloads only the models given with --model or --reranker; without these flags, both configured models. */
export async function downloadModels({
  model,
  reranker,
  to,
  force = false,
  json = false,
  config,
}: DownloadModelsFlags): Promise<void> {
  const loaded = await loadConfiguration({ flags: { config } });
  const logger = createLogger({ level: () => 'warn', write: printNotice });
  for (const warning of loaded.warnings) logger.warn(warning);
  const configured = modelSettings(loaded);
  const onlyNamed = model !== undefined || reranker !== undefined;
  const settings: ModelSettings = {
    ...configured,
    embeddings: { ...configured.embeddings, model: model ?? (onlyNamed ? 'none' : configured.embeddings.model) },
    reranker: reranker ?? (onlyNamed ? 'none' : configured.reranker),
    folder: to === undefined ? configured.folder : resolve(to),
  };

  const fetched: FetchedModel[] = [];
  for (const role of ['embedder', 'reranker'] as const) {
    const bar = createProgressBar(role === 'embedder' ? settings.embeddings.model : settings.reranker);
    try {
      const found = await fetchModel({
        settings,
        role,
        force,
        onProgress: ({ received, total }) => bar.show(received, total),
        clock: systemClock,
        logger,
      });
      if (found !== undefined) fetched.push(found);
    } finally {
      bar.end();
    }
  }
  if (json) return printJson({ models: fetched });
  if (fetched.length === 0) printNotice('No models are configured, so there is nothing to download.');
  for (const found of fetched) printData(describe(found));
}

function describe({ name, folder, bytes, dimensions, loadMilliseconds }: FetchedModel): string {
  const size = `${(bytes / 1_000_000).toFixed(1)} MB`;
  const kind = dimensions === undefined ? 'reranker' : `${dimensions} dimensions`;
  return `${name}: ${folder} (${size}, ${kind}, works, ready in ${(loadMilliseconds / 1000).toFixed(1)} s)`;
}
