/**
 * Revising: changes a memory, or takes a change or a delete back. What was replaced stays in the history.
 */
import { MemoryMcpError } from '../core/errors.ts';
import type { Memory, MemoryKey } from '../core/memory.ts';
import type { Scope } from '../persona/scope.ts';
import { briefViewOf, type MemoryView } from '../reply/memory-view.ts';
import type { Shortened } from '../reply/reply-budget.ts';
import type { MemoryChange } from '../store/memory-change.ts';

type BriefView = Shortened<MemoryView>;

export async function revise(
  scope: Scope,
  { key, expectedVersion, change }: { key: MemoryKey; expectedVersion: number | undefined; change: MemoryChange },
): Promise<{ memory: BriefView; previous_version: number }> {
  const { workspace, clock, caller } = scope;
  if (Object.values(change).every((value) => value === undefined)) {
    throw new MemoryMcpError('invalid_input', 'memory_update: nothing to change was given', {
      hint: 'Give at least one field besides key; null clears a field.',
    });
  }
  const now = clock.now().toISOString();
  const memory = await workspace.store.memories.update(key, change, { now, expectedVersion });
  await workspace.activity.wrote('memory_update', [key], caller.source);
  await embedAgain(scope, memory);
  return { memory: briefViewOf(memory, scope), previous_version: memory.version - 1 };
}

export async function restore(
  scope: Scope,
  { key, version }: { key: MemoryKey; version: number | undefined },
): Promise<{ memory: BriefView }> {
  const { workspace, clock, caller } = scope;
  const memory = await workspace.store.memories.restore(key, version, clock.now().toISOString());
  await workspace.activity.wrote('memory_restore', [key], caller.source);
  await embedAgain(scope, memory);
  return { memory: briefViewOf(memory, scope) };
}

export async function pin(
  scope: Scope,
  { key, pinned }: { key: MemoryKey; pinned: boolean },
): Promise<{ memory: BriefView }> {
  const { workspace, clock, caller } = scope;
  const memory = await workspace.store.memories.setPinned(key, pinned, clock.now().toISOString());
  await workspace.activity.wrote('memory_pin', [key], caller.source);
  return { memory: briefViewOf(memory, scope) };
}

/** A new text has lost the vectors of the old one: it gets its own as a new memory does. */
async function embedAgain({ workspace: { embeddingScheduler } }: Scope, memory: Memory): Promise<void> {
  if (embeddingScheduler.state(memory).vector === 'queued') await embeddingScheduler.write(memory);
}
