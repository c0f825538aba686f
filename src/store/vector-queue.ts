/**
 * The embedding queue: memories without a vector, the lease of the process that embeds them, and failed attempts. The
 * queue itself is not stored. It consists of the live memories without a vector for chunk 0 in a space, newest first.
 */
import type { MemoryId, MemoryKey, Timestamp } from '../core/memory.ts';
import type { Connection } from './sqlite/connection.ts';

export interface QueuedMemory {
  readonly id: MemoryId;
  readonly key: MemoryKey;
  readonly version: number;
  readonly content: string;
}

export interface VectorFailure {
  readonly key: MemoryKey;
  readonly attempts: number;
  readonly reason: string;
  readonly failed_at: Timestamp;
}

/** After this many failures a memory leaves the queue, until its text or the model changes. */
const maximumAttempts = 3;

export function createVectorQueue(connection: Connection) {
  const embedded = 'v.space = (SELECT id FROM spaces WHERE name = ?) AND v.chunk = 0';

  /** Computed from indexes alone, which is many times faster than scanning the memories. */
  function length(space: string): number {
    const row = connection
      .sql<{ n: number }>(
        `SELECT (SELECT value FROM meta WHERE name = 'text_count')
              - (SELECT count(*) FROM memories WHERE deleted_at IS NOT NULL)
              - (SELECT count(*) FROM vectors v WHERE ${embedded})
              + (SELECT count(*) FROM memories m CROSS JOIN vectors v ON v.memory_id = m.id
                 WHERE m.deleted_at IS NOT NULL AND ${embedded}) AS n`,
      )
      .get(space, space);
    return row?.n ?? 0;
  }

  return {
    next(space: string, limit: number): QueuedMemory[] {
      if (length(space) === 0) return [];
      return connection
        .sql<QueuedMemory>(
          `SELECT m.id, m.key, m.version, m.content FROM memories m
           WHERE m.deleted_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM vectors v WHERE v.memory_id = m.id AND ${embedded})
             AND NOT EXISTS (SELECT 1 FROM vector_failures f WHERE f.memory_id = m.id AND f.space = ? AND f.attempts >= ${maximumAttempts})
           ORDER BY m.id DESC LIMIT ?`,
        )
        .all(space, space, limit);
    },
    /** Changes whenever a memory may have entered the queue. Cheap, while `next` may scan the table. */
    revision(): string {
      const rows = connection
        .sql<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name IN ('memories', 'changes') ORDER BY name")
        .all();
      return rows.map(({ seq }) => seq).join('/');
    },
    /** How many live memories have no vector in the space, including those that failed. */
    length,
    fail: (id: MemoryId, space: string, reason: string, now: Timestamp): Promise<void> =>
      connection.write(() => {
        connection
          .sql(
            `INSERT INTO vector_failures (memory_id, space, attempts, reason, failed_at) SELECT id, ?, 1, ?, ? FROM memories WHERE id = ?
             ON CONFLICT (memory_id, space) DO UPDATE SET attempts = attempts + 1, reason = excluded.reason, failed_at = excluded.failed_at`,
          )
          .run(space, reason, now, id);
      }),
    failures: (space: string): VectorFailure[] =>
      connection
        .sql<VectorFailure>(
          `SELECT m.key, f.attempts, f.reason, f.failed_at FROM vector_failures f JOIN memories m ON m.id = f.memory_id
           WHERE f.space = ? ORDER BY f.failed_at DESC LIMIT 100`,
        )
        .all(space),
    /** The failure of one memory, if it has one. */
    failureOf: (id: MemoryId, space: string): VectorFailure | undefined =>
      connection
        .sql<VectorFailure>(
          `SELECT m.key, f.attempts, f.reason, f.failed_at FROM vector_failures f JOIN memories m ON m.id = f.memory_id
           WHERE f.memory_id = ? AND f.space = ?`,
        )
        .get(id, space),
    /** How many live memories failed too often to be tried again. */
    countGivenUp: (space: string): number =>
      connection
        .sql<{ n: number }>(
          `SELECT count(*) AS n FROM vector_failures f JOIN memories m ON m.id = f.memory_id
           WHERE f.space = ? AND f.attempts >= ${maximumAttempts} AND m.deleted_at IS NULL`,
        )
        .get(space)?.n ?? 0,
    /** Acquires or renews a lease. False while another holder's lease has not expired. */
    lease: (name: string, holder: string, now: number, milliseconds: number): Promise<boolean> =>
      connection.write(() => {
        const { changes } = connection
          .sql(
            `INSERT INTO leases (name, holder, expires_at) VALUES (?, ?, ?)
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
             WHERE leases.holder = excluded.holder OR leases.expires_at <= ?`,
          )
          .run(name, holder, now + milliseconds, now);
        return changes === 1;
      }),
    release: (name: string, holder: string): Promise<void> =>
      connection.write(() => {
        connection.sql('DELETE FROM leases WHERE name = ? AND holder = ?').run(name, holder);
      }),
  };
}

export type VectorQueue = ReturnType<typeof createVectorQueue>;
