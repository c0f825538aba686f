/**
 * Whether ONNX Runtime is installed. It is an optional package: npm leaves it out where it cannot be installed, or is told
 * to. Found without loading it, because only the inference process may do that.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { InferenceError } from './inference-client.ts';

export const runtimeHint =
  'Reinstall memory-mcp with its optional packages: ONNXRUNTIME_NODE_INSTALL=skip npm install --include=optional';

/** Returns a check that gives the reason why no model can run, or undefined. It notices a later installation. */
export function createRuntimeCheck(): () => InferenceError | undefined {
  const { resolve } = createRequire(join(import.meta.dirname, 'runtime.cjs'));
  const isResolved = (): boolean => {
    try {
      resolve('onnxruntime-node');
      return true;
    } catch {
      return false;
    }
  };
  // Node cannot read a package while no file descriptor is free, and then takes it for missing for ever.
  const isThere = (): boolean =>
    (resolve.paths('onnxruntime-node') ?? []).some((folder) =>
      existsSync(join(folder, 'onnxruntime-node', 'package.json')),
    );
  let found = false;
  return () => {
    found ||= isResolved() || isThere();
    // The way out stands in the message: searches show nothing else of an error.
    return found
      ? undefined
      : new InferenceError('runtime missing', `onnxruntime-node is not installed. ${runtimeHint}`);
  };
}
