/**
 * What the model layer is told, as a plain object: which models, where their files lie, and how the hub is reached.
 * `config/` has read and checked all of it; nothing below reads an environment variable.
 */
import { join } from 'node:path';
import type { LoadedConfiguration } from '../config/load.ts';
import type { Pooling } from './inference/inference-protocol.ts';

export interface HubSettings {
  /** No slash at the end. */
  readonly endpoint: string;
  /** Secret; sent to the endpoint alone, not to where it redirects. */
  readonly token: string | undefined;
  readonly offline: boolean;
  /** For https addresses; may hold a name and a password. */
  readonly proxy: string | undefined;
  readonly noProxy: readonly string[];
}

export interface EmbeddingSettings {
  /** "org/name", an absolute path, or "none". */
  readonly model: string;
  readonly device: string;
  readonly dtype: string;
  readonly threads: number;
  /** These four win over the preset and over the model's own files. */
  readonly queryPrefix: string | undefined;
  readonly documentPrefix: string | undefined;
  readonly pooling: Pooling | undefined;
  readonly dimensions: number | undefined;
}

export interface ModelSettings {
  readonly embeddings: EmbeddingSettings;
  /** "org/name", an absolute path, or "none". Runs on the same device with as many threads. */
  readonly reranker: string;
  /** Whether missing files may be fetched without being asked. */
  readonly downloadMissing: boolean;
  readonly idleMinutes: number;
  /** Files of hub models: `<org>/<model>/` below it. */
  readonly folder: string;
  /** Remembers which spaces there were and how their vectors are made. */
  readonly register: string;
  readonly hub: HubSettings;
}

/** The part of the configuration that the model layer needs. */
export function modelSettings({
  configuration,
  environment,
  paths,
}: Pick<LoadedConfiguration, 'configuration' | 'environment' | 'paths'>): ModelSettings {
  return {
    embeddings: {
      model: configuration.embeddings_model,
      device: configuration.embeddings_device,
      dtype: configuration.embeddings_dtype,
      threads: configuration.embeddings_threads,
      queryPrefix: configuration.embeddings_query_prefix,
      documentPrefix: configuration.embeddings_document_prefix,
      pooling: configuration.embeddings_pooling,
      dimensions: configuration.embeddings_dimensions,
    },
    reranker: configuration.reranker_model,
    downloadMissing: configuration.model_download === 'auto',
    idleMinutes: configuration.model_idle_minutes,
    folder: paths.models,
    register: join(paths.data, 'cache', 'vector-spaces.json'),
    hub: {
      endpoint: environment.huggingFace.endpoint,
      token: environment.huggingFace.token,
      offline: environment.huggingFace.offline,
      proxy: environment.proxy.https,
      noProxy: environment.proxy.noProxy,
    },
  };
}
