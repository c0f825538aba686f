/**
 * The embedder for configurations without an embedding model. It has no vector space, and every call is rejected.
 */
import { MemoryMcpError } from '../core/errors.ts';
import type { Embedder } from './embedder.ts';

const reject = () =>
  Promise.reject(
    new MemoryMcpError('model_unavailable', 'No embedding model is configured', {
      hint: 'Set embeddings_model, or search with mode keyword.',
    }),
  );

export const disabledEmbedder: Embedder = {
  status: () => ({ state: 'off', model: 'none' }),
  space: () => undefined,
  embedQuery: reject,
  embedDocument: reject,
  embedTogether: reject,
};
