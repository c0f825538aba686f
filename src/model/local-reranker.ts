/**
 * The Reranker of a cross-encoder that the inference process runs.
 */

import { maxTokensOf } from './embedding-config.ts';
import type { InferenceClient } from './inference/inference-client.ts';
import type { InferenceModel } from './inference/inference-protocol.ts';
import { createManagedModel, type ManagedModelDeps } from './managed-model.ts';
import type { ModelReference } from './model-reference.ts';
import type { RerankerPreset } from './presets.ts';
import type { Reranker } from './reranker.ts';

export interface LocalRerankerDeps
  extends Pick<ManagedModelDeps<unknown>, 'download' | 'onChange' | 'clock' | 'logger'> {
  readonly reference: ModelReference<RerankerPreset>;
  readonly device: string;
  readonly threads: number;
  readonly client: InferenceClient;
}

export interface LocalReranker extends Reranker {
  /** Begins to load or to fetch the model, without waiting. */
  warm(): void;
  close(): void;
}

/** Pairs longer than this were in no reranker's training; some tokenizers would allow them. */
const longestPair = 512;

export function createLocalReranker({
  reference,
  device,
  threads,
  client,
  ...parts
}: LocalRerankerDeps): LocalReranker {
  const { name, place, preset } = reference;
  const slot = createManagedModel<InferenceModel>({
    ...parts,
    name,
    place,
    load: async ({ folder, graph: file, stamp }) => {
      const maxTokens = preset?.maxTokens ?? Math.min(longestPair, maxTokensOf(folder));
      const model = { folder, file, stamp, device, threads, maxTokens };
      const { warning } = await client.loadReranker(model, { priority: 'interactive' });
      if (warning !== undefined) parts.logger.warn(`The model ${name}: ${warning}`);
      return model;
    },
  });
  return {
    status: slot.status,
    score: async (query, texts, { signal } = {}) => {
      const model = await slot.use();
      try {
        return await client.rerank({ model, query, texts }, { priority: 'interactive', signal });
      } catch (error) {
        slot.noteFailure(error);
        throw error;
      }
    },
    warm: () => void slot.use().catch(() => {}),
    close: slot.close,
  };
}
