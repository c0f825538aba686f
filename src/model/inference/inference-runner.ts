/**
 * InferenceRunner: runs one piece of work and returns its numbers. A driver of `InferenceClient` is one of these; what
 * the methods of the client add is the same for all drivers.
 */
import type { InferenceClient, InferenceOptions, InferenceStatus, LoadedModel } from './inference-client.ts';
import type { InferenceResult, InferenceWork } from './inference-protocol.ts';

export interface Answer {
  readonly result: InferenceResult;
  readonly numbers: Float32Array;
}

export interface InferenceRunner {
  run(work: InferenceWork, options: InferenceOptions): Promise<Answer>;
  status(): InferenceStatus;
  close(): Promise<void>;
}

export function createInferenceClient(runner: InferenceRunner): InferenceClient {
  return {
    load: async (model, options) => toLoadedModel(await runner.run({ type: 'load', model }, options)),
    loadReranker: async (model, options) => toLoadedModel(await runner.run({ type: 'load-reranker', model }, options)),
    embed: async (request, options) => {
      const { result, numbers } = await runner.run({ type: 'embed', ...request }, options);
      const { dimensions, embeddedCharacters, device, warning, freshlyLoaded } = result;
      const rows = dimensions === 0 ? 0 : numbers.length / dimensions;
      const vectors = Array.from({ length: rows }, (_, row) => numbers.slice(row * dimensions, (row + 1) * dimensions));
      return { vectors, embeddedCharacters, device, warning, freshlyLoaded };
    },
    rerank: async (request, options) => [...(await runner.run({ type: 'rerank', ...request }, options)).numbers],
    status: () => runner.status(),
    close: () => runner.close(),
  };
}

function toLoadedModel({ result: { dimensions, device, warning, freshlyLoaded } }: Answer): LoadedModel {
  return { dimensions, device, warning, freshlyLoaded };
}
