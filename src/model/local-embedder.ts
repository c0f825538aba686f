/**
 * The Embedder for a local model, which runs in the inference process.
 */
import { MemoryMcpError } from '../core/errors.ts';
import type { VectorSpace } from '../core/vector.ts';
import type { DocumentVectors, Embedder, EmbedOptions } from './embedder.ts';
import type { EmbeddingConfig } from './embedding-config.ts';
import { embeddingModelOf, knownRevision, spaceIdOf } from './embedding-space.ts';
import type { EmbeddingSpaceCache } from './embedding-space-cache.ts';
import { batchLimit } from './inference/batches.ts';
import type { EmbeddedText, InferenceClient, LoadedModel } from './inference/inference-client.ts';
import type { EmbedAs, EmbeddingModel } from './inference/inference-protocol.ts';
import { createManagedModel, type ManagedModel, type ManagedModelDeps } from './managed-model.ts';
import { hashModelFiles, type ModelFiles } from './model-files.ts';
import type { ModelPlace } from './model-reference.ts';

export interface LocalEmbedderDeps
  extends Pick<ManagedModelDeps<unknown>, 'download' | 'missingRuntime' | 'onChange' | 'clock' | 'logger'> {
  readonly name: string;
  readonly place: ModelPlace;
  /** Reads how to use the model in a folder. Throws if it cannot be used. */
  readonly readEmbeddingConfig: (folder: string) => EmbeddingConfig;
  readonly dtype: string;
  readonly device: string;
  readonly threads: number;
  /** Rejects the model if its files no longer belong to this space. */
  readonly onlySpace?: string | undefined;
  readonly client: InferenceClient;
  readonly cache: EmbeddingSpaceCache;
}

export interface LocalEmbedder extends Embedder {
  /** How the model is used. Undefined until it is loaded. */
  embeddingConfig(): EmbeddingConfig | undefined;
  /** Starts loading or downloading the model in the background. */
  warm(): void;
  close(): void;
}

interface LoadedEmbedder {
  readonly model: EmbeddingModel;
  readonly embeddingConfig: EmbeddingConfig;
  readonly space: VectorSpace;
}

export function createLocalEmbedder(deps: LocalEmbedderDeps): LocalEmbedder {
  const { client, clock, logger, name, place, download, missingRuntime, onChange } = deps;
  const managed: ManagedModel<LoadedEmbedder> = createManagedModel({
    name,
    place,
    download,
    missingRuntime,
    onChange,
    clock,
    logger,
    load: (files) => load(files, deps, noteDevice),
    loadTime: ({ folder, stamp }) => deps.cache.findLoadTime(folder, stamp),
  });

  let serving: { device: string; warning: string | undefined } | undefined;

  /** Notices a model that has moved to another device, and says why once. */
  function noteDevice({ device, warning }: { device: string; warning?: string | undefined }): void {
    if (serving?.device === device && serving.warning === warning) return;
    if (warning !== undefined && warning !== serving?.warning) logger.warn(`The model ${name}: ${warning}`);
    serving = { device, warning };
  }

  let predicted: { stamp: string; space: VectorSpace | undefined } | undefined;
  const predictSpaceOnce = (files: ModelFiles) => {
    if (predicted?.stamp !== files.stamp || predicted.space === undefined) {
      predicted = { stamp: files.stamp, space: predictSpace(files, deps) };
    }
    return predicted.space;
  };

  /** The process that answered last. Another one has to load the model first: this one ended because it was idle. */
  let answeredBy: number | undefined;
  let asking = 0;

  const embed = async (text: string, as: EmbedAs, options: EmbedOptions) =>
    await ask(options, async ({ model, embeddingConfig }) => {
      const prefix = as === 'one' ? embeddingConfig.queryPrefix : embeddingConfig.documentPrefix;
      const embedded = await client.embed({ model, as, prefix, text }, options);
      return { answer: embedded, from: embedded };
    });

  const embedTogether = async (texts: readonly string[], options: EmbedOptions) =>
    await ask<readonly DocumentVectors[] | undefined>(options, async ({ model, embeddingConfig }) => {
      const device = serving?.device ?? 'cpu';
      if (batchLimit({ device, file: model.file }) === undefined) return { answer: undefined };
      const prefix = embeddingConfig.documentPrefix;
      const embedded = await client.embedTogether({ model, prefix, texts }, options);
      return { answer: embedded, from: embedded[0] };
    });

  /** Asks the loaded model. `from` is what the process said of itself, if it was asked. */
  const ask = async <Result>(
    options: EmbedOptions,
    work: (loaded: LoadedEmbedder) => Promise<{ answer: Result; from?: EmbeddedText | undefined }>,
  ): Promise<Result> => {
    const model = await waitUnlessAborted(managed.use(), options.signal);
    asking += 1;
    try {
      const { answer, from } = await work(model);
      if (from === undefined) return answer;
      answeredBy = client.status().pid;
      noteDevice(from);
      // A process that had to load the model may have met newer files than those that were seen last.
      const loaded = from.freshlyLoaded === true ? managed.loadedNow() : managed.loaded();
      if (loaded?.space.id === model.space.id) return answer;
    } catch (error) {
      managed.noteFailure(error);
      throw error;
    } finally {
      asking -= 1;
    }
    throw new MemoryMcpError(
      'model_unavailable',
      `The files of the model ${name} have changed, so it has to be loaded again`,
    );
  };

  return {
    status: () => {
      const status = managed.status();
      if (status.state === 'ready' && asking > 0 && client.status().pid !== answeredBy) {
        return { ...status, state: 'loading' };
      }
      return status.state === 'ready' && serving !== undefined ? { ...status, device: serving.device } : status;
    },
    space: () => {
      const files = managed.files();
      if (files === undefined) return undefined;
      return managed.loaded()?.space ?? predictSpaceOnce(files);
    },
    embedQuery: async (text, options = { priority: 'interactive' }) => {
      const [vector] = (await embed(text, 'one', options)).vectors;
      if (vector === undefined) throw new MemoryMcpError('internal', 'The model returned no vector');
      return vector;
    },
    embedDocument: async (text, options) => await embed(text, 'chunks', options),
    embedTogether,
    embeddingConfig: () => managed.loaded()?.embeddingConfig,
    warm: () => void managed.use().catch(() => {}),
    close: managed.close,
  };
}

async function load(
  files: ModelFiles,
  deps: LocalEmbedderDeps,
  noteDevice: (loaded: LoadedModel) => void,
): Promise<LoadedEmbedder> {
  const { client, cache, clock, name, place, device, threads } = deps;
  const embeddingConfig = deps.readEmbeddingConfig(files.folder);
  const revision = knownRevision(files, cache) ?? (await hashAndRemember(files, cache));
  const { folder, stamp } = files;
  const model = embeddingModelOf(files, embeddingConfig, { device, threads });
  const began = clock.monotonic();
  const found = await client.load(model, { priority: 'interactive' });
  if (found.freshlyLoaded === true) cache.rememberLoadTime(folder, stamp, clock.monotonic() - began);
  noteDevice(found);
  const space = { id: spaceIdOf(files, revision, embeddingConfig, deps), dimensions: found.dimensions };
  if (deps.onlySpace !== undefined && deps.onlySpace !== space.id) {
    throw new MemoryMcpError(
      'model_unavailable',
      `The files of the model ${name} have changed since the vectors were made`,
    );
  }
  cache.rememberSpace({ space, name, place, embeddingConfig, dtype: deps.dtype });
  return { model, embeddingConfig, space };
}

/** Determines the space without loading the model or hashing its files. Undefined if that is not possible. */
function predictSpace(files: ModelFiles, deps: LocalEmbedderDeps): VectorSpace | undefined {
  const revision = knownRevision(files, deps.cache);
  if (revision === undefined) return undefined;
  try {
    const embeddingConfig = deps.readEmbeddingConfig(files.folder);
    return embeddingConfig.dimensions === undefined
      ? undefined
      : { id: spaceIdOf(files, revision, embeddingConfig, deps), dimensions: embeddingConfig.dimensions };
  } catch {
    // Loading the model reports the same error in its status.
    return undefined;
  }
}

async function hashAndRemember(files: ModelFiles, cache: EmbeddingSpaceCache): Promise<string> {
  const hash = await hashModelFiles(files);
  cache.rememberHash(files.folder, files.stamp, hash);
  return hash;
}

/** Rejects on abort. The work itself continues. */
async function waitUnlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
