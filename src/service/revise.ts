/**
 * Revising: changes a memory, or takes a change or a delete back. What was replaced stays in the history.
 */
import type { MemoryKey } from '../core/memory.ts';
import type { MemoryChange } from '../store/memory-change.ts';
import { type MemoryView, viewOf } from './memory-view.ts';
import type { Scope } from './scope.ts';

type WholeView = MemoryView & { content: string };

export async function revise(
  scope: Scope,
  { key, expectedVersion, change }: { key: MemoryKey; expectedVersion: number | undefined; change: MemoryChange },
): Promise<{ memory: WholeView; previous_version: number }> {
  const { workspace, clock, caller } = scope;
  const now = clock.now().toISOString();
  const memory = await workspace.store.memories.update(key, change, { now, expectedVersion });
  await workspace.activity.wrote('memory_update', [key], caller.source);
  return { memory: viewOf(memory, scope), previous_version: memory.version - 1 };
}

export async function restore(
  scope: Scope,
  { key, version }: { key: MemoryKey; version: number | undefined },
): Promise<{ memory: WholeView }> {
  const { workspace, clock, caller } = scope;
  const memory = await workspace.store.memories.restore(key, version, clock.now().toISOString());
  await workspace.activity.wrote('memory_restore', [key], caller.source);
  return { memory: viewOf(memory, scope) };
}

export async function pin(
  scope: Scope,
  { key, pinned }: { key: MemoryKey; pinned: boolean },
): Promise<{ memory: WholeView }> {
  const { workspace, clock, caller } = scope;
  const memory = await workspace.store.memories.setPinned(key, pinned, clock.now().toISOString());
  await workspace.activity.wrote('memory_pin', [key], caller.source);
  return { memory: viewOf(memory, scope) };
}
