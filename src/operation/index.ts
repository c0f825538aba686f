/**
 * The list of operations, in the order in which tools and docs list them.
 */
import { getContext } from './get-context.ts';
import { indexRebuild } from './index-rebuild.ts';
import { memoryCreate } from './memory-create.ts';
import { memoryDelete } from './memory-delete.ts';
import { memoryList } from './memory-list.ts';
import { memoryPin } from './memory-pin.ts';
import { memoryRead } from './memory-read.ts';
import { memoryRestore } from './memory-restore.ts';
import { memorySearch } from './memory-search.ts';
import { memoryStats } from './memory-stats.ts';
import { memoryUpdate } from './memory-update.ts';
import { migrateFromQdrant } from './migrate-from-qdrant.ts';
import { migrateToQdrant } from './migrate-to-qdrant.ts';
import type { Operation } from './operation.ts';
import { recallExplain } from './recall-explain.ts';
import { updateContext } from './update-context.ts';

export const operations: readonly Operation[] = [
  getContext,
  updateContext,
  memoryCreate,
  memorySearch,
  memoryRead,
  memoryUpdate,
  memoryDelete,
  memoryList,
  memoryRestore,
  memoryStats,
  memoryPin,
  indexRebuild,
  recallExplain,
  migrateToQdrant,
  migrateFromQdrant,
];

/** The set of tools that a server offers. */
export type ToolSet = 'core' | 'full' | 'read-only';

export function selectOperations(tools: ToolSet): readonly Operation[] {
  if (tools === 'full') return operations;
  return operations.filter(({ set, effect }) => set === 'core' && (tools === 'core' || effect === 'read'));
}
