/**
 * Rows of other tables of the original system that belong to one memory, such as its strength, its emotions or the
 * entities in it. They have no place here and are kept as JSON with the memory, under the name of their table.
 */

import type { OriginalDatabase } from './original-database.ts';
import type { Row } from './original-memory.ts';

export interface Attachments {
  /** For memories by the key that they had there. */
  of(keys: readonly string[]): ReadonlyMap<string, Row>;
  /** Rows that belong to no memory, by table. Only tables that have some. */
  readonly loose: ReadonlyMap<string, number>;
  readonly tables: readonly string[];
}

const keyColumns = ['memory_key', 'trigger_memory_key'];

/** `taken` are tables that are read elsewhere. */
export function openAttachments(database: OriginalDatabase, taken: ReadonlySet<string>): Attachments {
  const sources = database.tables().flatMap((table) => {
    const column = keyColumns.find((name) => database.columns(table).includes(name));
    return column === undefined || taken.has(table) ? [] : [{ table, column }];
  });
  // The database is a copy of our own: without an index each page of memories would read the whole table.
  for (const { table, column } of sources) database.createIndex(table, column);
  return {
    tables: sources.map(({ table }) => table),
    loose: new Map(
      sources
        .map(({ table, column }) => [table, database.countLoose(table, column)] as const)
        .filter(([, rows]) => rows > 0),
    ),
    of(keys) {
      const attached = new Map<string, Record<string, Row[]>>();
      for (const { table, column } of sources) {
        for (const row of database.rowsFor(table, column, keys)) {
          const { [column]: key, ...others } = row;
          const tables = attached.get(String(key)) ?? {};
          attached.set(String(key), tables);
          tables[table] = [...(tables[table] ?? []), others];
        }
      }
      return attached;
    },
  };
}
