/**
 * Making what is derived anew: the vector index from the stored vectors.
 */

import type { Scope } from '../persona/scope.ts';
import { recallStatus } from '../search/recall-status.ts';

export async function rebuildIndex(scope: Scope): Promise<{ vectors: number; queued: number; engine: string }> {
  const rebuilt = await scope.workspace.indexSync.rebuild();
  scope.workspace.embeddingScheduler.drain();
  return { ...rebuilt, queued: recallStatus(scope).queued };
}
