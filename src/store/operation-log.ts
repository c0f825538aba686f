/**
 * The operation log: a row for each write, and a count per day, operation and process for reads. Holds no memory text.
 */
import type { MemoryKey, Timestamp } from '../core/memory.ts';
import type { Connection } from './sqlite/connection.ts';

/** The log entry of a write, without the keys. */
export interface OperationNote {
  readonly at: Timestamp;
  readonly process: string;
  readonly operation: string;
  readonly source: string;
}

export interface ImportedOperation {
  readonly at: Timestamp;
  readonly operation: string;
  readonly key?: MemoryKey | undefined;
}

export interface ReadCount {
  readonly operation: string;
  /** `YYYY-MM-DD` in UTC. */
  readonly day: string;
  readonly count: number;
  readonly lastAt: Timestamp;
}

/** What a process has read since its last report. */
export interface UsageReport {
  readonly process: string;
  /** Counts of days before this one are deleted. */
  readonly keepFrom: string;
  readonly reads: readonly ReadCount[];
  readonly accesses: ReadonlyMap<MemoryKey, { count: number; lastAt: Timestamp }>;
}

/** Maximum number of rows for writes. Older rows are deleted. */
const keptOperations = 10_000;

export function createOperationLog(connection: Connection) {
  return {
    /** Adds an entry, if there is one. Call it inside the transaction of the write itself. */
    append(note: OperationNote | undefined, keys: readonly MemoryKey[]): void {
      if (note === undefined) return;
      const { at, process, operation, source } = note;
      connection
        .sql('INSERT INTO operations (at, process, operation, source, keys) VALUES (?, ?, ?, ?, ?)')
        .run(at, process, operation, source, keys.join(' '));
      connection.sql('DELETE FROM operations WHERE id <= (SELECT max(id) FROM operations) - ?').run(keptOperations);
    },
    recordUsage: ({ process, keepFrom, reads, accesses }: UsageReport): Promise<void> =>
      connection.write(() => {
        const count = connection.sql(
          `INSERT INTO operation_counts (day, operation, process, count, last_at) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (day, operation, process) DO UPDATE SET count = count + excluded.count, last_at = excluded.last_at`,
        );
        for (const read of reads) count.run(read.day, read.operation, process, read.count, read.lastAt);
        const access = connection.sql(
          `UPDATE memories SET access_count = access_count + ?, last_accessed_at = max(coalesce(last_accessed_at, ''), ?)
           WHERE key = ?`,
        );
        for (const [key, { count: times, lastAt }] of accesses) access.run(times, lastAt, key);
        connection.sql('DELETE FROM operation_counts WHERE day < ?').run(keepFrom);
      }, 'bulk'),
    /**
     * When other processes than `process` were active, newest first and to the minute: the last operation of each. Times
     * after `now` come from a wrong clock and are left out.
     */
    activityOfOthers: (process: string, now: Timestamp): Timestamp[] =>
      connection
        .sql(
          `SELECT max(at) FROM (
             SELECT at FROM operations WHERE process <> ? AND at <= ?
             UNION ALL SELECT last_at FROM operation_counts WHERE process <> ? AND last_at <= ?)
           GROUP BY substr(at, 1, 16) ORDER BY 1 DESC`,
        )
        .column(process, now, process, now),
    /** Adds entries of another program, under its name as the process. Does nothing if there are some already. */
    importAll: (program: string, entries: readonly ImportedOperation[]): Promise<void> =>
      connection.write(() => {
        if (connection.sql('SELECT 1 FROM operations WHERE process = ?').get(program) !== undefined) return;
        const insert = connection.sql(
          'INSERT INTO operations (at, process, operation, source, keys) VALUES (?, ?, ?, ?, ?)',
        );
        for (const { at, operation, key = '' } of entries.slice(-keptOperations)) {
          insert.run(at, program, operation, program, key);
        }
      }, 'bulk'),
    /** Writes that are still in the log. */
    countWritesSince: (at: Timestamp): number =>
      connection.sql<{ n: number }>('SELECT count(*) AS n FROM operations WHERE at >= ?').get(at)?.n ?? 0,
    /** How often each operation was called since `day`, a `YYYY-MM-DD` in UTC. */
    countsSince: (day: string): { operation: string; count: number }[] =>
      connection
        .sql<{ operation: string; count: number }>(
          `SELECT operation, sum(count) AS count FROM (
             SELECT operation, count FROM operation_counts WHERE day >= ?
             UNION ALL SELECT operation, 1 FROM operations WHERE at >= ?)
           GROUP BY operation ORDER BY operation`,
        )
        .all(day, day),
  };
}

export type OperationLog = ReturnType<typeof createOperationLog>;
