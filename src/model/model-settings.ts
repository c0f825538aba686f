/**
 * The settings of the model layer as a plain object: which models to use, where their files are, and how to reach the
 * hub. `config/` has already validated them. The model layer reads no environment variables.
 */
import { join } from 'node:path';
import type { SharedProcessEnvironment } from '../config/external-environment.ts';
import type { LoadedConfiguration } from '../config/load.ts';
import { sharedInferenceFolder } from '../config/paths.ts';
import type { Pooling } from './inference/inference-protocol.ts';

export interface HubSettings {
  /** Without a trailing slash. */
  readonly endpoint: string;
  /** Secret. Sent only to the endpoint, not to other origins it redirects to. */
  readonly token: string | undefined;
  readonly offline: boolean;
  /** The proxy for https URLs. May contain a user name and a password. */
  readonly proxy: string | undefined;
  readonly noProxy: readonly string[];
}

export interface EmbeddingSettings {
  /** "org/name", an absolute path, or "none". */
  readonly model: string;
  readonly device: string;
  readonly dtype: string;
  readonly threads: number;
  /** These four take precedence over the preset and over the model's own files. */
  readonly queryPrefix: string | undefined;
  readonly documentPrefix: string | undefined;
  readonly pooling: Pooling | undefined;
  readonly dimensions: number | undefined;
}

export interface ModelSettings {
  readonly embeddings: EmbeddingSettings;
  /** "org/name", an absolute path, or "none". Uses the same device and number of threads as the embedding model. */
  readonly reranker: string;
  /** Whether missing files are downloaded automatically. */
  readonly downloadMissing: boolean;
  readonly idleMinutes: number;
  /** The folder for hub models, each in `<org>/<model>/`. */
  readonly folder: string;
  /** The file of the embedding space cache. */
  readonly spaceCacheFile: string;
  readonly hub: HubSettings;
  /** Undefined: the inference process is not shared with other servers. */
  readonly sharing: SharingSettings | undefined;
}

export interface SharingSettings {
  /** Undefined if this user has no home folder. */
  readonly folder: string | undefined;
  readonly environment: SharedProcessEnvironment;
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
      // q8 operators have no CUDA kernels: they run on the CPU, with copies in between.
      dtype: configuration.embeddings_dtype ?? (configuration.embeddings_device === 'cpu' ? 'q8' : 'fp32'),
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
    spaceCacheFile: join(paths.data, 'cache', 'vector-spaces.json'),
    hub: {
      endpoint: environment.huggingFace.endpoint,
      token: environment.huggingFace.token,
      offline: environment.huggingFace.offline,
      proxy: environment.proxy.https,
      noProxy: environment.proxy.noProxy,
    },
    sharing:
      configuration.inference === 'own'
        ? undefined
        : { folder: sharedInferenceFolder(), environment: environment.sharedProcess },
  };
}
