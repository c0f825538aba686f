/**
 * MemoryStore: the source of truth of one persona. It contains everything that was acknowledged; indexes, mirrors and
 * reports are derived from it. Its parts share one connection, so one operation is one transaction. Every SQLite failure
 * is a `MemoryMcpError`: `busy`, `backend_unavailable` or `corrupt`.
 */

import { closeSync, openSync } from 'node:fs';
import { MemoryMcpError } from '../core/errors.ts';
import { privateFileMode } from '../files/private-modes.ts';
import { createChangeLog } from './change-log.ts';
import { createContextTable } from './context-table.ts';
import { createErasure } from './erasure.ts';
import { createFullText, type FullText } from './full-text.ts';
import { createImportedFields } from './imported-fields.ts';
import { createMemoryTable } from './memory-table.ts';
import { createOperationLog } from './operation-log.ts';
import { refreshFullText, requireCurrentFullText } from './refresh-full-text.ts';
import { type Connection, inMemory, openConnection } from './sqlite/connection.ts';
import { detectFileKind } from './sqlite/file-header.ts';
import { migrate, refuseNewerSchema, requireCurrentSchema } from './sqlite/migrations.ts';
import { copyPrivately, isReadOnlyMount, type PrivateCopy } from './sqlite/private-copy.ts';
import { withSqliteErrors } from './sqlite/sqlite-errors.ts';
import { createStatistics } from './statistics.ts';
import { createVectorQueue } from './vector-queue.ts';
import { createVectorTable } from './vector-table.ts';

export interface StoreIdentity {
  /** Set once, at creation. */
  readonly storeId: string;
  /** Changes when all derived data becomes invalid: at creation and when searches switch to another space. */
  readonly epoch: string;
}

export interface StoreOptions {
  /** The file. Its folder must exist. If absent, the store is in memory and starts empty. */
  readonly path?: string | undefined;
  readonly persona: string;
  readonly busyTimeout: number;
  /** The command that moves a file of the original system here, for a message; without the name of the persona. */
  readonly moveCommand?: string | undefined;
}

/**
 * Opens a persona's `memory.sqlite`, or an empty store in memory for a persona that does not exist yet. Throws `conflict`
 * for a file of another program or a newer version, without changing it, and `corrupt` or `backend_unavailable` if
 * SQLite fails.
 */
export async function openMemoryStore(options: StoreOptions): Promise<MemoryStore> {
  const { path, busyTimeout } = options;
  if (path !== undefined) prepareFile(path, options);
  const copy = path !== undefined && isReadOnlyMount(path) ? await copyPrivately(path) : undefined;
  let connection: Connection | undefined;
  try {
    connection = await openConnection({ path: copy?.path ?? path ?? inMemory, busyTimeout });
    const fullText = createFullText(connection);
    await migrate(connection);
    await refreshFullText(connection, fullText);
    return assembleStore(connection, { fullText, copy });
  } catch (error) {
    connection?.close();
    await copy?.remove();
    throw error;
  }
}

export type MemoryStore = ReturnType<typeof assembleStore>;

/**
 * Opens an existing `memory.sqlite` for queries alone: nothing is created, migrated or written. Throws `not_found` if
 * there is none, and `conflict` if it is not of this version.
 */
export async function openStoreForQueries(options: StoreOptions & { path: string }): Promise<MemoryStore> {
  const { path, persona, busyTimeout } = options;
  const { kind } = detectFileKind(path);
  if (kind === 'absent') throw new MemoryMcpError('not_found', `Persona "${persona}" has no memories yet`);
  if (kind === 'foreign') throw foreignFile(options);
  const connection = await openConnection({ path, busyTimeout, queriesOnly: true });
  try {
    requireCurrentSchema(connection);
    requireCurrentFullText(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
  return assembleStore(connection, { fullText: createFullText(connection), copy: undefined });
}

interface StoreParts {
  readonly fullText: FullText;
  /** For a store on a read-only file system. */
  readonly copy: PrivateCopy | undefined;
}

function assembleStore(connection: Connection, { fullText, copy }: StoreParts) {
  const changes = createChangeLog(connection);
  const operations = createOperationLog(connection);
  const vectors = createVectorTable({ connection, changes });
  const memories = createMemoryTable({ connection, fullText, vectors, changes, operations });
  const meta = (name: string) =>
    String(connection.sql<{ value: unknown }>('SELECT value FROM meta WHERE name = ?').get(name)?.value);
  return {
    path: connection.path,
    /** True for a store on a read-only file system. It is a private copy, and changes to it are lost on close. */
    readOnly: copy !== undefined,
    memories,
    importedFields: createImportedFields(connection),
    fullText,
    vectors,
    queue: createVectorQueue(connection),
    changes,
    context: createContextTable({ connection, operations }),
    operations,
    erasure: createErasure({ connection, memories, fullText, vectors, operations }),
    statistics: createStatistics(connection),
    identity: (): StoreIdentity => ({ storeId: meta('store_id'), epoch: meta('epoch') }),
    /** Runs several reads in one snapshot. Can be nested. */
    read: <Result>(work: () => Result): Result => connection.read(work),
    /** False once the file was deleted or replaced from outside. */
    isInPlace: (): boolean => (copy === undefined ? connection.isInPlace() : copy.isCurrent()),
    async close(): Promise<void> {
      connection.close();
      await copy?.remove();
    },
  };
}

function prepareFile(path: string, options: StoreOptions): void {
  const kind = detectFileKind(path);
  if (kind.kind === 'foreign') throw foreignFile(options);
  if (kind.kind === 'ours') refuseNewerSchema(path, kind.schemaVersion);
  // SQLite gives the WAL the mode of the database file, so create the file with private mode first.
  else withSqliteErrors(path, () => closeSync(openSync(path, 'a', privateFileMode)));
}

function foreignFile({ persona, moveCommand = 'memory-mcp migrate from-original' }: StoreOptions): MemoryMcpError {
  return new MemoryMcpError(
    'conflict',
    `memory.sqlite of persona "${persona}" was not created by memory-mcp and was left unchanged`,
    {
      hint: `If it is of the original system, stop that and move it here: ${moveCommand} --persona ${persona} --apply`,
    },
  );
}
