/** A few figures of a persona's database, read without changing it, and a stamp by which later writes are noticed. */
import { MemoryMcpError } from '../core/errors.ts';
import type { Timestamp } from '../core/memory.ts';
import { type Connection, openConnection } from './sqlite/connection.ts';
import { applicationId } from './sqlite/file-header.ts';
import { copyPrivately, isReadOnlyMount } from './sqlite/private-copy.ts';

export interface StoreSummary {
  readonly storeId: string;
  /** Without deleted ones. */
  readonly memories: number;
  readonly deleted: number;
  readonly pinned: number;
  readonly oldest: Timestamp | undefined;
  readonly newest: Timestamp | undefined;
  /** The newest operation that was recorded, read or write. */
  readonly lastUsed: Timestamp | undefined;
  readonly stamp: string;
}

/** Throws `corrupt` or `backend_unavailable` if the database cannot be read. */
export async function summarizeStore(path: string): Promise<StoreSummary> {
  const copy = isReadOnlyMount(path) ? await copyPrivately(path) : undefined;
  try {
    const connection = await openConnection({ path: copy?.path ?? path, busyTimeout: 5_000, readOnly: true });
    try {
      if (Number(connection.pragma('application_id')) !== applicationId) {
        throw new MemoryMcpError('conflict', `${path} was not created by memory-mcp`);
      }
      return connection.read(() => summarize(connection));
    } finally {
      connection.close();
    }
  } finally {
    await copy?.remove();
  }
}

function summarize(connection: Connection): StoreSummary {
  const totals = connection
    .sql<{ memories: number; deleted: number; pinned: number; oldest: string | null; newest: string | null }>(
      `SELECT count(*) FILTER (WHERE deleted_at IS NULL) AS memories, count(deleted_at) AS deleted,
              count(*) FILTER (WHERE pinned = 1 AND deleted_at IS NULL) AS pinned,
              min(created_at) FILTER (WHERE deleted_at IS NULL) AS oldest,
              max(created_at) FILTER (WHERE deleted_at IS NULL) AS newest FROM memories`,
    )
    .get();
  const used = connection
    .sql<{ at: string | null }>(
      'SELECT max(at) AS at FROM (SELECT max(at) AS at FROM operations UNION ALL SELECT max(last_at) FROM operation_counts)',
    )
    .get();
  return {
    storeId: String(connection.sql<{ value: unknown }>("SELECT value FROM meta WHERE name = 'store_id'").get()?.value),
    memories: totals?.memories ?? 0,
    deleted: totals?.deleted ?? 0,
    pinned: totals?.pinned ?? 0,
    oldest: totals?.oldest ?? undefined,
    newest: totals?.newest ?? undefined,
    lastUsed: used?.at ?? undefined,
    stamp: readStamp(connection),
  };
}

/** Differs after every write that a caller of the store was told of: each is in the operation log or the change log. */
export function readStamp(connection: Connection): string {
  const rows = connection
    .sql<{ name: string; seq: number }>('SELECT name, seq FROM sqlite_sequence ORDER BY name')
    .all();
  return rows.map(({ name, seq }) => `${name} ${seq}`).join(', ');
}
