/**
 * What an export contains: the context and the memories of a persona, oldest first, with their versions. Each memory is
 * complete as it was at one moment; memories that are created while an export runs are left for the next one.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Memory, MemoryFilter, Timestamp } from '../core/memory.ts';
import type { Scope } from '../persona/scope.ts';
import { readContextEntries } from '../service/context.ts';
import type { ContextEntries } from '../store/context-table.ts';
import type { ImportedFields } from '../store/imported-fields.ts';
import type { MemoryVersion } from '../store/memory-versions.ts';

export interface ExportedMemory {
  readonly memory: Memory;
  /** The earlier ones, oldest first. */
  readonly versions: readonly MemoryVersion[];
  /** What it had before it was imported and has no field here. */
  readonly imported: ImportedFields | undefined;
}

export interface ExportContent {
  readonly persona: string;
  /** Of this program. */
  readonly version: string;
  readonly exportedAt: Timestamp;
  readonly includesDeleted: boolean;
  readonly context: ContextEntries;
  memories(): AsyncIterable<ExportedMemory>;
}

export interface ExportOptions {
  readonly version: string;
  readonly includeDeleted: boolean;
  readonly onProgress: (progress: { done: number; total: number }) => void;
}

const pageLength = 200;

export function exportContent(scope: Scope, { version, includeDeleted, onProgress }: ExportOptions): ExportContent {
  const { workspace, clock } = scope;
  const { store } = workspace;
  const filter: MemoryFilter = { deleted: includeDeleted ? 'include' : 'exclude' };
  return {
    persona: workspace.persona,
    version,
    exportedAt: clock.now().toISOString(),
    includesDeleted: includeDeleted,
    context: readContextEntries(scope),
    async *memories() {
      const last = store.memories.list({ filter, order: 'newest', limit: 1 })[0]?.id ?? 0;
      const total = store.memories.count(filter);
      let done = 0;
      for (let after = 0; after < last; await nextTurn()) {
        const page = store.read(() =>
          store.memories.list({ filter, order: 'oldest', after, limit: pageLength }).map((memory) => ({
            memory,
            versions: memory.version > 1 ? store.memories.versions(memory.key) : [],
            imported: store.importedFields.of(memory.key),
          })),
        );
        const wanted = page.filter(({ memory }) => memory.id <= last);
        yield* wanted;
        done += wanted.length;
        onProgress({ done, total });
        after = page.at(-1)?.memory.id ?? last;
      }
    },
  };
}
