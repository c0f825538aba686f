/**
 * The embedder of a configuration without a model: it has no space, and says so.
 */
import { MemoryMcpError } from '../core/errors.ts';
import type { Embedder } from './embedder.ts';

const off = () =>
  Promise.reject(
    new MemoryMcpError('model_unavailable', 'No embedding model is configured', {
      hint: 'Set embeddings_model, or search with mode keyword.',
    }),
  );

export const offEmbedder: Embedder = {
  status: () => ({ state: 'off', model: 'none' }),
  space: () => undefined,
  embedQuery: off,
  embedDocument: off,
};
