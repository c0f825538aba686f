/**
 * Whether ONNX Runtime is installed. It is an optional package: npm leaves it out where it cannot be installed, or is told
 * to. Found without loading it, because only the inference process may do that.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { InferenceError } from './inference-client.ts';

export const runtimeHint =
  'Reinstall memory-mcp with its optional packages: ONNXRUNTIME_NODE_INSTALL=skip npm install --include=optional';

/** Returns a check that gives the reason why no model can run, or undefined. It notices a later installation. */
export function createRuntimeCheck(): () => InferenceError | undefined {
  const { resolve } = createRequire(join(import.meta.dirname, 'runtime.cjs'));
  let found = false;
  return () => {
    if (found) return undefined;
    try {
      resolve('onnxruntime-node');
      found = true;
      return undefined;
    } catch {
      // The way out stands in the message: searches show nothing else of an error.
      return new InferenceError('runtime missing', `onnxruntime-node is not installed. ${runtimeHint}`);
    }
  };
}
