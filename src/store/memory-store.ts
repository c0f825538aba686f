/**
 * MemoryStore: the truth of one persona. Everything that was acknowledged is in it; every index, mirror and report is
 * derived from it. Its parts share one connection, so one operation is one transaction. Every failure of the file is a
 * `MemoryMcpError`: `busy`, `backend_unavailable` or `corrupt`.
 */

import { closeSync, openSync } from 'node:fs';
import { MemoryMcpError } from '../core/errors.ts';
import { privateFileMode } from '../files/private-modes.ts';
import { createChangeLog } from './change-log.ts';
import { createContextTable } from './context-table.ts';
import { createErasure } from './erasure.ts';
import { createFullText } from './full-text.ts';
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

export interface StoreIdentity {
  /** Set once, at creation. */
  readonly storeId: string;
  /** New at creation, restore, import of a whole store and model swap: whatever was derived before is void. */
  readonly epoch: string;
}

export interface StoreOptions {
  /** The file, whose folder exists; absent means a store that lives in memory and starts empty. */
  readonly path?: string | undefined;
  readonly persona: string;
  readonly busyTimeout: number;
}

/**
 * Opens a persona's `memory.sqlite`, or an empty store in memory for a persona that does not exist yet. `conflict` for a
 * file of another program or of a newer version, before a byte of it changes; `corrupt` or `backend_unavailable` where
 * SQLite fails.
 */
export async function openMemoryStore({ path, persona, busyTimeout }: StoreOptions) {
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
  const operations = createOperationLog(connection);
  const vectors = createVectorTable({ connection, changes });
  const memories = createMemoryTable({ connection, fullText, vectors, changes, operations });
  const meta = (name: string) =>
    String(connection.sql<{ value: unknown }>('SELECT value FROM meta WHERE name = ?').get(name)?.value);
  return {
    path: connection.path,
    memories,
    fullText,
    vectors,
    queue: createVectorQueue(connection),
    changes,
    context: createContextTable({ connection, operations }),
    operations,
    erasure: createErasure({ connection, memories, fullText, vectors, operations }),
    statistics: createStatistics(connection),
    identity: (): StoreIdentity => ({ storeId: meta('store_id'), epoch: meta('epoch') }),
    /** Runs several reads in one snapshot; may be nested. */
    read: <Result>(work: () => Result): Result => connection.read(work),
    /** True once another process has committed since the last call. */
    changedElsewhere: (): boolean => connection.changedElsewhere(),
    close: (): void => connection.close(),
  };
}

export type MemoryStore = Awaited<ReturnType<typeof openMemoryStore>>;

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
  else withSqliteErrors(path, () => closeSync(openSync(path, 'a', privateFileMode)));
}
