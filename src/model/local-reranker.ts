/**
 * The Reranker for a local cross-encoder, which runs in the inference process.
 */
import { readMaxTokens } from './embedding-config.ts';
import type { InferenceClient } from './inference/inference-client.ts';
import type { InferenceModel } from './inference/inference-protocol.ts';
import { createManagedModel, type ManagedModelDeps } from './managed-model.ts';
import type { ModelReference } from './model-reference.ts';
import type { RerankerPreset } from './presets.ts';
import type { Reranker } from './reranker.ts';

export interface LocalRerankerDeps
  extends Pick<ManagedModelDeps<unknown>, 'download' | 'missingRuntime' | 'onChange' | 'clock' | 'logger'> {
  readonly reference: ModelReference<RerankerPreset>;
  readonly device: string;
  readonly threads: number;
  readonly client: InferenceClient;
}

export interface LocalReranker extends Reranker {
  /** Starts loading or downloading the model in the background. */
  warm(): void;
  close(): void;
}

/** Rerankers are not trained on longer pairs, even if their tokenizer allows them. */
const maximumPairTokens = 512;

export function createLocalReranker({ reference, device, threads, client, ...deps }: LocalRerankerDeps): LocalReranker {
  const { name, place, preset } = reference;
  const managed = createManagedModel<InferenceModel>({
    ...deps,
    name,
    place,
    load: async ({ folder, graph: file, stamp }) => {
      const maxTokens = preset?.maxTokens ?? Math.min(maximumPairTokens, readMaxTokens(folder));
      const model = { folder, file, stamp, device, threads, maxTokens };
      const { warning } = await client.loadReranker(model, { priority: 'interactive' });
      if (warning !== undefined) deps.logger.warn(`The model ${name}: ${warning}`);
      return model;
    },
  });
  return {
    languages: preset?.languages,
    status: managed.status,
    score: async (query, texts, { priority = 'interactive', signal } = {}) => {
      const model = await managed.use();
      try {
        return await client.rerank({ model, query, texts }, { priority, signal });
      } catch (error) {
        managed.noteFailure(error);
        throw error;
      }
    },
    warm: () => void managed.use().catch(() => {}),
    close: managed.close,
  };
}
