/**
 * `download-models`: fetches the models of the configuration, or those named, tries each out, and says where it is.
 */
import { resolve } from 'node:path';
import { loadConfiguration } from '../config/load.ts';
import { systemClock } from '../core/clock.ts';
import { createLogger } from '../core/logger.ts';
import { type FetchedModel, fetchModel } from '../model/download/fetch-model.ts';
import { type ModelSettings, modelSettings } from '../model/model-settings.ts';
import { createProgressBar, printData, printJson, printNotice } from './output.ts';

export interface DownloadModelsFlags {
  /** The embedding model instead of the configured one. */
  readonly model?: string | undefined;
  readonly reranker?: string | undefined;
  /** The folder for `<org>/<model>/` instead of the usual one. */
  readonly to?: string | undefined;
  readonly force?: boolean | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

/** With --model or --reranker only what is named, else both as configured. */
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
  if (fetched.length === 0) printNotice('The configuration names no model: nothing to fetch.');
  for (const found of fetched) printData(describe(found));
}

function describe({ name, folder, bytes, dimensions, loadMilliseconds }: FetchedModel): string {
  const size = `${(bytes / 1_000_000).toFixed(1)} MB`;
  const kind = dimensions === undefined ? 'reranker' : `${dimensions} dimensions`;
  return `${name}: ${folder} (${size}, ${kind}, works, ready in ${(loadMilliseconds / 1000).toFixed(1)} s)`;
}
