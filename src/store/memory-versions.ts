/**
 * The version history: every earlier state of a memory, for `memory_restore`.
 */
import { MemoryMcpError } from '../core/errors.ts';
import type { Memory, MemoryFields, MemoryId, Timestamp } from '../core/memory.ts';
import { quoteForMessage } from '../core/text/visible-text.ts';
import { pickFields } from './memory-rows.ts';
import type { Connection } from './sqlite/connection.ts';

export type VersionCause = 'update' | 'delete' | 'restore' | 'merge' | 'pin';

export interface MemoryVersion {
  readonly version: number;
  readonly replaced_at: Timestamp;
  readonly replaced_by: VersionCause;
  readonly fields: MemoryFields;
}

interface VersionRow {
  version: number;
  replaced_at: string;
  replaced_by: VersionCause;
  fields: string;
}

export function createMemoryVersions(connection: Connection) {
  const list = (id: MemoryId): MemoryVersion[] =>
    connection
      .sql<VersionRow>(
        'SELECT version, replaced_at, replaced_by, fields FROM memory_versions WHERE memory_id = ? ORDER BY version',
      )
      .all(id)
      .map((row) => ({ ...row, fields: JSON.parse(row.fields) }));
  return {
    /** Stores the current state of a memory before it is replaced. Call it inside a write transaction. */
    record(memory: Memory, now: Timestamp, cause: VersionCause): void {
      connection
        .sql(
          'INSERT INTO memory_versions (memory_id, version, replaced_at, replaced_by, fields) VALUES (?, ?, ?, ?, ?)',
        )
        .run(memory.id, memory.version, now, cause, JSON.stringify(pickFields(memory)));
    },
    /** Stores versions that the memory had elsewhere. Those that it has here stay. */
    add(id: MemoryId, versions: readonly MemoryVersion[]): void {
      const insert = connection.sql(
        'INSERT OR IGNORE INTO memory_versions (memory_id, version, replaced_at, replaced_by, fields) VALUES (?, ?, ?, ?, ?)',
      );
      for (const { version, replaced_at, replaced_by, fields } of versions) {
        insert.run(id, version, replaced_at, replaced_by, JSON.stringify(fields));
      }
    },
    /** The earlier versions, oldest first, without the current one. */
    list,
    /** The fields at a version, which may be the current one. Throws `not_found`. */
    fieldsAt(memory: Memory, version: number): MemoryFields {
      if (version === memory.version) return pickFields(memory);
      const wanted = list(memory.id).find((candidate) => candidate.version === version);
      if (wanted !== undefined) return wanted.fields;
      throw new MemoryMcpError('not_found', `Memory ${quoteForMessage(memory.key, 200)} has no version ${version}`, {
        hint: `It has versions 1 to ${memory.version}; memory_read with history shows them.`,
      });
    },
  };
}

export type MemoryVersions = ReturnType<typeof createMemoryVersions>;
