/**
 * What makes an embedding space: the files of a model and how it is used. Finds the model of a space again without
 * loading it.
 */
import { createHash } from 'node:crypto';
import { chunkRule } from './chunks.ts';
import type { EmbeddingConfig } from './embedding-config.ts';
import type { EmbeddingSpaceCache } from './embedding-space-cache.ts';
import type { EmbeddingModel } from './inference/inference-protocol.ts';
import { findModelFiles, type ModelFiles } from './model-files.ts';

/** `model@revision#file#dtype#pooling#prompts#chunk rule`: everything that affects the vectors is part of the id. */
export function spaceIdOf(
  files: ModelFiles,
  revision: string,
  embeddingConfig: EmbeddingConfig,
  { name, dtype }: { name: string; dtype: string },
): string {
  const { pooling, queryPrefix, documentPrefix, truncated, dimensions, maxTokens } = embeddingConfig;
  const prompts = createHash('sha256')
    .update(JSON.stringify([queryPrefix, documentPrefix]))
    .digest('hex')
    .slice(0, 12);
  const pooled = truncated ? `${pooling}:${dimensions}` : pooling;
  return [`${name}@${revision}`, files.graph, dtype, pooled, prompts, chunkRule(maxTokens)].join('#');
}

/** What the inference process is told of the model. */
export function embeddingModelOf(
  { folder, graph: file, stamp }: ModelFiles,
  { pooling, maxTokens, truncated, dimensions }: EmbeddingConfig,
  { device, threads }: { device: string; threads: number },
): EmbeddingModel {
  return { folder, file, stamp, device, threads, pooling, maxTokens, dimensions: truncated ? dimensions : undefined };
}

/** The revision of these files if it is known without hashing them. */
export function knownRevision(files: ModelFiles, cache: EmbeddingSpaceCache): string | undefined {
  return files.revision ?? cache.findHash(files.folder, files.stamp);
}

export interface ModelOfSpace {
  readonly model: EmbeddingModel;
  readonly queryPrefix: string;
}

/** Undefined if the files of the space are no longer there or have changed. */
export function findModelOfSpace(
  spaceId: string,
  { cache, device, threads }: { cache: EmbeddingSpaceCache; device: string; threads: number },
): ModelOfSpace | undefined {
  const entry = cache.findSpace(spaceId);
  const files = entry && findModelFiles(entry.place);
  const revision = files && knownRevision(files, cache);
  if (entry === undefined || files === undefined || revision === undefined) return undefined;
  const { embeddingConfig } = entry;
  if (spaceIdOf(files, revision, embeddingConfig, entry) !== spaceId) return undefined;
  return {
    model: embeddingModelOf(files, embeddingConfig, { device, threads }),
    queryPrefix: embeddingConfig.queryPrefix,
  };
}
