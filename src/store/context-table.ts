/**
 * The persona's context: named JSON values such as its emotion, what is known of the user, goals and promises.
 * Each name is its own row, so that two processes that set different names never overwrite each other.
 */
import type { Timestamp } from '../core/memory.ts';
import type { Connection } from './database.ts';

export interface ContextEntry {
  readonly value: unknown;
  readonly updated_at: Timestamp;
}

export interface ContextTable {
  all(): Map<string, ContextEntry>;
  /** Computes and stores new values in one transaction; `null` removes a name. */
  change(now: Timestamp, compute: (current: Map<string, ContextEntry>) => ReadonlyMap<string, unknown>): Promise<void>;
}

export function createContextTable(connection: Connection): ContextTable {
  const all = (): Map<string, ContextEntry> =>
    new Map(
      connection
        .sql<{ name: string; value: string; updated_at: string }>(
          'SELECT name, value, updated_at FROM context ORDER BY name',
        )
        .all()
        .map((row) => [row.name, { value: JSON.parse(row.value), updated_at: row.updated_at }]),
    );
  return {
    all,
    change: (now, compute) =>
      connection.write(() => {
        for (const [name, value] of compute(all())) {
          if (value === null) connection.sql('DELETE FROM context WHERE name = ?').run(name);
          else {
            connection
              .sql(
                `INSERT INTO context (name, value, updated_at) VALUES (?, ?, ?)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
              )
              .run(name, JSON.stringify(value), now);
          }
        }
      }),
  };
}
