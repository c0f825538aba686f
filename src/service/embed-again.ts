/**
 * Embeds a memory again after its text has changed.
 */
import type { Memory } from '../core/memory.ts';
import type { Scope } from '../persona/scope.ts';

export async function embedAgain({ workspace: { embeddingScheduler } }: Scope, memory: Memory): Promise<void> {
  if (embeddingScheduler.stateOf(memory).vector === 'queued') await embeddingScheduler.embed(memory);
}
