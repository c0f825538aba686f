/** Turns what a process reports about a failed request into the error of its caller, with what to do about it. */
import { InferenceError, type InferenceErrorReason } from './inference-client.ts';
import { runtimeHint } from './runtime.ts';

const hints: Partial<Record<InferenceErrorReason, string>> = {
  'runtime missing': runtimeHint,
  model: 'Download the model again with memory-mcp download-models --force, or replace its folder.',
};

export function toInferenceError(failure: InferenceErrorReason, message: string): InferenceError {
  return new InferenceError(failure, message, hints[failure]);
}
