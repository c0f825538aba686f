/**
 * What an imported memory had elsewhere and has no field here, as JSON. It is read with the memory and erased with it.
 */
import type { MemoryKey } from '../core/memory.ts';
import type { Connection } from './sqlite/connection.ts';

export type ImportedFields = Readonly<Record<string, unknown>>;

export function createImportedFields(connection: Connection) {
  return {
    /** Replaces what is stored for these memories. Unknown keys are ignored. */
    put: (entries: ReadonlyMap<MemoryKey, ImportedFields>): Promise<void> =>
      connection.write(() => {
        const insert = connection.sql(
          'INSERT OR REPLACE INTO imported_fields (memory_id, fields) SELECT id, ? FROM memories WHERE key = ?',
        );
        for (const [key, fields] of entries) insert.run(JSON.stringify(fields), key);
      }, 'bulk'),
    of(key: MemoryKey): ImportedFields | undefined {
      const row = connection
        .sql<{ fields: string }>(
          'SELECT i.fields FROM memories m JOIN imported_fields i ON i.memory_id = m.id WHERE m.key = ?',
        )
        .get(key);
      return row === undefined ? undefined : JSON.parse(row.fields);
    },
  };
}
