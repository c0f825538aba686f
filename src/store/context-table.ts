/**
 * The `context` table: named JSON values such as the persona's emotion, facts about the user, goals and promises. One
 * row per name: changing one never affects another.
 */
import type { Timestamp } from '../core/memory.ts';
import type { OperationLog, OperationNote } from './operation-log.ts';
import type { Connection } from './sqlite/connection.ts';

export interface ContextEntry {
  readonly value: unknown;
  readonly updated_at: Timestamp;
}

export type ContextEntries = ReadonlyMap<string, ContextEntry>;

export function createContextTable({ connection, operations }: { connection: Connection; operations: OperationLog }) {
  const all = (): ContextEntries =>
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
    /** Computes and stores new entries in one transaction. `undefined` removes an entry; absent names are unchanged. */
    change: (
      compute: (current: ContextEntries) => ReadonlyMap<string, ContextEntry | undefined>,
      note?: OperationNote,
    ): Promise<void> =>
      connection.write(() => {
        for (const [name, entry] of compute(all())) {
          if (entry === undefined) connection.sql('DELETE FROM context WHERE name = ?').run(name);
          else {
            connection
              .sql('INSERT OR REPLACE INTO context (name, value, updated_at) VALUES (?, ?, ?)')
              .run(name, JSON.stringify(entry.value), entry.updated_at);
          }
        }
        operations.append(note, []);
      }),
  };
}

export type ContextTable = ReturnType<typeof createContextTable>;
