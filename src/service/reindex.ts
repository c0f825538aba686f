/**
 * Making what is derived anew: the vector index from the stored vectors.
 */
import { recallStatus } from './recall-status.ts';
import type { Scope } from './scope.ts';

export async function rebuildIndex(scope: Scope): Promise<{ vectors: number; queued: number; engine: string }> {
  const rebuilt = await scope.workspace.projection.rebuild();
  scope.workspace.vectorWriter.drain();
  return { ...rebuilt, queued: recallStatus(scope).queued };
}
