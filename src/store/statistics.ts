/**
 * Counts of the live memories of one persona, for statistics and health. Each is one query.
 */
import type { Timestamp } from '../core/memory.ts';
import type { Connection } from './sqlite/connection.ts';

export interface Totals {
  readonly memories: number;
  readonly characters: number;
  readonly deleted: number;
  readonly pinned: number;
  readonly oldest?: Timestamp | undefined;
  readonly newest?: Timestamp | undefined;
}

export interface Count {
  readonly name: string;
  readonly count: number;
}

interface TotalsRow {
  memories: number;
  characters: number | null;
  deleted: number;
  pinned: number | null;
  oldest: string | null;
  newest: string | null;
}

export function createStatistics(connection: Connection) {
  return {
    totals(): Totals {
      const row = connection
        .sql<TotalsRow>(
          `SELECT count(*) AS memories, sum(length(content)) AS characters, sum(pinned) AS pinned,
                  min(created_at) AS oldest, max(created_at) AS newest,
                  (SELECT count(*) FROM memories WHERE deleted_at IS NOT NULL) AS deleted
           FROM memories WHERE deleted_at IS NULL`,
        )
        .get();
      return {
        memories: row?.memories ?? 0,
        characters: row?.characters ?? 0,
        deleted: row?.deleted ?? 0,
        pinned: row?.pinned ?? 0,
        ...(row?.oldest != null && { oldest: row.oldest }),
        ...(row?.newest != null && { newest: row.newest }),
      };
    },
    /** The most frequent tags. Tags that differ only by case or width count as one. */
    tags: (limit: number): Count[] =>
      connection
        .sql<Count>(
          `SELECT min(t.value) AS name, count(*) AS count FROM memories m, json_each(m.tags) t
           WHERE m.deleted_at IS NULL GROUP BY fold_text(t.value) ORDER BY count DESC, name LIMIT ?`,
        )
        .all(limit),
    emotions: (limit: number): Count[] =>
      connection
        .sql<Count>(
          `SELECT min(emotion) AS name, count(*) AS count FROM memories
           WHERE deleted_at IS NULL AND emotion IS NOT NULL GROUP BY fold_text(emotion) ORDER BY count DESC, name LIMIT ?`,
        )
        .all(limit),
    /** Creation times since `from`, oldest first. */
    createdSince: (from: Timestamp): Timestamp[] =>
      connection
        .sql<{ created_at: string }>(
          'SELECT created_at FROM memories WHERE deleted_at IS NULL AND created_at >= ? ORDER BY created_at',
        )
        .all(from)
        .map((row) => row.created_at),
  };
}

export type Statistics = ReturnType<typeof createStatistics>;
