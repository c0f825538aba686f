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
      const answer = await runner.run({ type: 'embed', ...request }, options);
      const { embeddedCharacters, device, warning, freshlyLoaded } = answer.result;
      return { vectors: vectorsOf(answer), embeddedCharacters, device, warning, freshlyLoaded };
    },
    embedTogether: async (request, options) => {
      const answer = await runner.run({ type: 'embed-together', ...request }, options);
      const { device, warning, freshlyLoaded, perText = [] } = answer.result;
      const vectors = vectorsOf(answer);
      let taken = 0;
      return perText.map(({ rows, embeddedCharacters }) => {
        const own = vectors.slice(taken, taken + rows);
        taken += rows;
        return { vectors: own, embeddedCharacters, device, warning, freshlyLoaded };
      });
    },
    rerank: async (request, options) => [...(await runner.run({ type: 'rerank', ...request }, options)).numbers],
    status: () => runner.status(),
    close: () => runner.close(),
  };
}

function vectorsOf({ result: { dimensions }, numbers }: Answer): Float32Array[] {
  const rows = dimensions === 0 ? 0 : numbers.length / dimensions;
  return Array.from({ length: rows }, (_, row) => numbers.slice(row * dimensions, (row + 1) * dimensions));
}

function toLoadedModel({ result: { dimensions, device, warning, freshlyLoaded } }: Answer): LoadedModel {
  return { dimensions, device, warning, freshlyLoaded };
}
