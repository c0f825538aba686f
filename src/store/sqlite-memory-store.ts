/**
 * Opens a persona's `memory.sqlite`, or an empty store in memory for a persona that does not exist yet. A file that is
 * not ours, or newer than this program, is refused before a byte of it changes.
 */
import { closeSync, openSync } from 'node:fs';
import { MemoryMcpError } from '../core/errors.ts';
import { createChangeLog } from './change-log.ts';
import { createContextTable } from './context-table.ts';
import { createErasure } from './erasure.ts';
import { createFullText } from './full-text.ts';
import type { MemoryStore } from './memory-store.ts';
import { createMemoryTable } from './memory-table.ts';
import { createOperationLog } from './operation-log.ts';
import { refreshFullText } from './refresh-full-text.ts';
import { inMemory, openConnection } from './sqlite/connection.ts';
import { fileKind } from './sqlite/file-header.ts';
import { migrate, refuseNewerSchema } from './sqlite/migrations.ts';
import { withSqliteErrors } from './sqlite/sqlite-errors.ts';
import { createStatistics } from './statistics.ts';
import { createVectorQueue } from './vector-queue.ts';
import { createVectorTable } from './vector-table.ts';

export interface StoreOptions {
  /** The file, whose folder exists; absent means a store that lives in memory and starts empty. */
  readonly path?: string | undefined;
  readonly persona: string;
  readonly busyTimeout: number;
}

/** `conflict` for a file of another program or a newer one; `corrupt` or `backend_unavailable` where SQLite fails. */
export async function openMemoryStore({ path, persona, busyTimeout }: StoreOptions): Promise<MemoryStore> {
  if (path !== undefined) prepareFile(path, persona);
  const connection = await openConnection({ path: path ?? inMemory, busyTimeout });
  const fullText = createFullText(connection);
  try {
    await migrate(connection);
    await refreshFullText(connection, fullText);
  } catch (error) {
    connection.close();
    throw error;
  }

  const changes = createChangeLog(connection);
  const vectors = createVectorTable({ connection, changes });
  const memories = createMemoryTable({ connection, fullText, vectors, changes });
  const meta = (name: string) =>
    String(connection.sql<{ value: unknown }>('SELECT value FROM meta WHERE name = ?').get(name)?.value);
  return {
    path: connection.path,
    memories,
    fullText,
    vectors,
    queue: createVectorQueue(connection),
    changes,
    context: createContextTable(connection),
    operations: createOperationLog(connection),
    erasure: createErasure({ connection, memories, fullText, vectors }),
    statistics: createStatistics(connection),
    identity: () => ({ storeId: meta('store_id'), epoch: meta('epoch') }),
    read: (work) => connection.read(work),
    changedElsewhere: () => connection.changedElsewhere(),
    close: () => connection.close(),
  };
}

function prepareFile(path: string, persona: string): void {
  const kind = fileKind(path);
  if (kind.kind === 'foreign') {
    throw new MemoryMcpError(
      'conflict',
      `memory.sqlite of persona "${persona}" was not made by this program and was left untouched`,
      {
        hint:
          `If it is the original system's, run "memory-mcp migrate from-original --persona ${persona}" to move its ` +
          'memories in; if it is damaged, restore a backup.',
      },
    );
  }
  if (kind.kind === 'ours') refuseNewerSchema(path, kind.schemaVersion);
  // SQLite gives the WAL the mode of the database file, so the file is made private before SQLite sees it.
  else withSqliteErrors(path, () => closeSync(openSync(path, 'a', 0o600)));
}
