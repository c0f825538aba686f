/**
 * The Embedder of a model that the inference process runs: what its slot finds on disk, used as its embeddingConfig says.
 */
import { createHash } from 'node:crypto';
import { MemoryMcpError } from '../core/errors.ts';
import type { VectorSpace } from '../core/vector.ts';
import { chunkRule } from './chunks.ts';
import type { Embedder, EmbedOptions } from './embedder.ts';
import type { EmbeddingConfig } from './embedding-config.ts';
import type { EmbeddingSpaceCache } from './embedding-space-cache.ts';
import type { InferenceClient } from './inference/inference-client.ts';
import type { EmbedAs, EmbeddingModel } from './inference/inference-protocol.ts';
import { createManagedModel, type ManagedModel, type ManagedModelDeps } from './managed-model.ts';
import { hashModelFiles, type ModelFiles } from './model-files.ts';
import type { ModelPlace } from './model-reference.ts';

export interface LocalEmbedderDeps
  extends Pick<ManagedModelDeps<unknown>, 'download' | 'onChange' | 'clock' | 'logger'> {
  readonly name: string;
  readonly place: ModelPlace;
  /** How the model in a folder is to be used, or an error that says why it cannot be. */
  readonly readEmbeddingConfig: (folder: string) => EmbeddingConfig;
  readonly dtype: string;
  readonly device: string;
  readonly threads: number;
  /** Another space than this one is not served: its files are no longer the ones that made it. */
  readonly onlySpace?: string | undefined;
  readonly client: InferenceClient;
  readonly register: EmbeddingSpaceCache;
}

export interface LocalEmbedder extends Embedder {
  /** How the model is used, once it is loaded. */
  embeddingConfig(): EmbeddingConfig | undefined;
  /** Begins to load or to fetch the model, without waiting. */
  warm(): void;
  close(): void;
}

interface LoadedEmbedder {
  readonly model: EmbeddingModel;
  readonly embeddingConfig: EmbeddingConfig;
  readonly space: VectorSpace;
}

export function createLocalEmbedder(parts: LocalEmbedderDeps): LocalEmbedder {
  const { client, clock, logger, name, place, download, onChange } = parts;
  const slot: ManagedModel<LoadedEmbedder> = createManagedModel({
    name,
    place,
    download,
    onChange,
    clock,
    logger,
    load: (files) => load(files, parts),
  });

  let early: { stamp: string; space: VectorSpace | undefined } | undefined;
  const spaceOf = (files: ModelFiles) => {
    if (early?.stamp !== files.stamp || early.space === undefined) {
      early = { stamp: files.stamp, space: spaceBeforeLoading(files, parts) };
    }
    return early.space;
  };

  const embed = async (text: string, as: EmbedAs, options: EmbedOptions) => {
    const { model, embeddingConfig, space } = await untilAborted(slot.use(), options.signal);
    const prefix = as === 'one' ? embeddingConfig.queryPrefix : embeddingConfig.documentPrefix;
    try {
      const embedded = await client.embed({ model, as, prefix, text }, options);
      if (slot.loaded()?.space.id === space.id) return embedded;
    } catch (error) {
      slot.noteFailure(error);
      throw error;
    }
    throw new MemoryMcpError('model_unavailable', `The files of the model ${name} have changed; it is loaded anew`);
  };

  return {
    status: slot.status,
    space: () => {
      const files = slot.files();
      if (files === undefined) return undefined;
      return slot.loaded()?.space ?? spaceOf(files);
    },
    embedQuery: async (text, options = { priority: 'interactive' }) => {
      const [vector] = (await embed(text, 'one', options)).vectors;
      if (vector === undefined) throw new MemoryMcpError('internal', 'The model gave no vector');
      return vector;
    },
    embedDocument: async (text, options) => await embed(text, 'chunks', options),
    embeddingConfig: () => slot.loaded()?.embeddingConfig,
    warm: () => void slot.use().catch(() => {}),
    close: slot.close,
  };
}

async function load(files: ModelFiles, parts: LocalEmbedderDeps): Promise<LoadedEmbedder> {
  const { client, register, logger, name, place, device, threads } = parts;
  const embeddingConfig = parts.readEmbeddingConfig(files.folder);
  const revision = knownRevision(files, parts) ?? (await hashed(files, register));
  const { folder, graph: file, stamp } = files;
  const { pooling, maxTokens, truncated } = embeddingConfig;
  const dimensions = truncated ? embeddingConfig.dimensions : undefined;
  const model: EmbeddingModel = { folder, file, stamp, device, threads, pooling, maxTokens, dimensions };
  const { warning, ...found } = await client.load(model, { priority: 'interactive' });
  if (warning !== undefined) logger.warn(`The model ${name}: ${warning}`);
  const space = { id: spaceId(files, revision, embeddingConfig, parts), dimensions: found.dimensions };
  if (parts.onlySpace !== undefined && parts.onlySpace !== space.id) {
    throw new MemoryMcpError('model_unavailable', `The files of the model ${name} are not those that made the vectors`);
  }
  register.rememberSpace({ space, name, place, embeddingConfig, dtype: parts.dtype });
  return { model, embeddingConfig, space };
}

/** What can be said without loading and without hashing. */
function spaceBeforeLoading(files: ModelFiles, parts: LocalEmbedderDeps): VectorSpace | undefined {
  const revision = knownRevision(files, parts);
  if (revision === undefined) return undefined;
  try {
    const embeddingConfig = parts.readEmbeddingConfig(files.folder);
    return embeddingConfig.dimensions === undefined
      ? undefined
      : { id: spaceId(files, revision, embeddingConfig, parts), dimensions: embeddingConfig.dimensions };
  } catch {
    // Loading meets the same error and puts it into the status.
    return undefined;
  }
}

function knownRevision(files: ModelFiles, { register }: LocalEmbedderDeps): string | undefined {
  return files.revision ?? register.findHash(files.folder, files.stamp);
}

async function hashed(files: ModelFiles, register: EmbeddingSpaceCache): Promise<string> {
  const hash = await hashModelFiles(files);
  register.rememberHash(files.folder, files.stamp, hash);
  return hash;
}

/** `model@revision#file#dtype#pooling#prompts#chunk rule`: whatever changes a vector changes it. */
function spaceId(
  files: ModelFiles,
  revision: string,
  embeddingConfig: EmbeddingConfig,
  parts: LocalEmbedderDeps,
): string {
  const { pooling, queryPrefix, documentPrefix, truncated, dimensions, maxTokens } = embeddingConfig;
  const prompts = createHash('sha256')
    .update(JSON.stringify([queryPrefix, documentPrefix]))
    .digest('hex')
    .slice(0, 12);
  const pooled = truncated ? `${pooling}:${dimensions}` : pooling;
  return [`${parts.name}@${revision}`, files.graph, parts.dtype, pooled, prompts, chunkRule(maxTokens)].join('#');
}

/** The call is given up, what it waited for goes on. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
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
