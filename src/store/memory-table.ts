/**
 * The rows of `memories` with their versions and tags: created, changed, hidden, brought back. Each verb is one write
 * transaction that also feeds full text and the change log, so that nothing can be half done.
 */
import type { Memory, MemoryFields, MemoryFilter, MemoryId, MemoryKey, Timestamp } from '../core/memory.ts';
import { numberedKey } from '../core/memory-key.ts';
import { foldText } from '../core/text.ts';
import type { ChangeLog } from './change-log.ts';
import type { Connection } from './database.ts';
import { predicateOf } from './filter-sql.ts';
import type { FullText } from './full-text.ts';
import {
  changedFields,
  deletedMemory,
  type MemoryChange,
  notDeleted,
  staleVersion,
  unknownKey,
} from './memory-change.ts';
import {
  contentHash,
  fieldColumns,
  fieldParameters,
  fieldsOf,
  type MemoryRow,
  memoryColumns,
  memoryFromRow,
} from './memory-rows.ts';
import { createMemoryVersions, type MemoryVersion, type VersionCause } from './memory-versions.ts';
import type { VectorTable } from './vector-table.ts';

export interface MemoryDraft extends MemoryFields {
  readonly source: string;
  readonly created_at: Timestamp;
  /** The key of the moment; the store adds a number where the moment already holds a memory. */
  readonly key: MemoryKey;
}

export type CreateOutcome = { readonly created: boolean; readonly memory: Memory };

export interface ListQuery {
  readonly filter: MemoryFilter;
  readonly order: 'newest' | 'oldest';
  /** Where the previous page ended. */
  readonly after?: MemoryId | undefined;
  readonly limit: number;
}

export interface MemoryTable {
  /** Stores a draft, or unites its tags with a live memory of identical text. */
  create(draft: MemoryDraft): Promise<CreateOutcome>;
  update(
    key: MemoryKey,
    change: MemoryChange,
    when: { now: Timestamp; expectedVersion?: number | undefined },
  ): Promise<Memory>;
  /** Hides live memories; unknown and hidden keys are left out of the answer. */
  hide(keys: readonly MemoryKey[], now: Timestamp): Promise<Memory[]>;
  /** Brings a hidden memory back, or the fields of an older version, as a new version. */
  restore(key: MemoryKey, version: number | undefined, now: Timestamp): Promise<Memory>;
  read(key: MemoryKey): Memory | undefined;
  byIds(ids: readonly MemoryId[]): Map<MemoryId, Memory>;
  versions(key: MemoryKey): MemoryVersion[];
  list(query: ListQuery): Memory[];
  count(filter: MemoryFilter): number;
  pinned(): Memory[];
  setPinned(key: MemoryKey, pinned: boolean, now: Timestamp): Promise<Memory>;
}

interface Parts {
  readonly connection: Connection;
  readonly fullText: FullText;
  readonly vectors: VectorTable;
  readonly changes: ChangeLog;
}

export function createMemoryTable({ connection, fullText, vectors, changes }: Parts): MemoryTable {
  const versions = createMemoryVersions(connection);
  const select = (where: string) => `SELECT ${memoryColumns} FROM memories m WHERE ${where}`;
  const read = (key: MemoryKey): Memory | undefined => {
    const row = connection.sql<MemoryRow>(select('m.key = ?')).get(key);
    return row === undefined ? undefined : memoryFromRow(row);
  };
  const readLive = (key: MemoryKey): Memory => {
    const memory = read(key);
    if (memory === undefined) throw unknownKey(key);
    return memory;
  };

  const isTaken = (key: MemoryKey) => connection.sql('SELECT 1 FROM memories WHERE key = ?').get(key) !== undefined;

  function freeKey(base: MemoryKey): MemoryKey {
    if (!isTaken(base)) return base;
    const newest =
      connection.sql<{ key: string }>('SELECT key FROM memories ORDER BY id DESC LIMIT 1').get()?.key ?? '';
    const newestNumber = newest.startsWith(`${base}_`) ? Number(newest.slice(base.length + 1)) : 0;
    for (let taken = Number.isInteger(newestNumber) ? newestNumber + 1 : 1; ; taken++) {
      const key = numberedKey(base, taken);
      if (!isTaken(key)) return key;
    }
  }

  function writeTags(id: MemoryId, tags: readonly string[]): void {
    connection.sql('DELETE FROM memory_tags WHERE memory_id = ?').run(id);
    const insert = connection.sql('INSERT OR IGNORE INTO memory_tags (tag, memory_id) VALUES (?, ?)');
    for (const tag of tags) insert.run(foldText(tag), id);
  }

  /** Writes new fields over a memory, keeping what they replace; new content loses its vectors in the same transaction. */
  function overwrite(memory: Memory, fields: MemoryFields, now: Timestamp, replacedBy: VersionCause): Memory {
    versions.keep(memory, now, replacedBy);
    const assignments = fieldColumns.map((column) => `${column} = ?`).join(', ');
    connection
      .sql(`UPDATE memories SET ${assignments}, updated_at = ?, version = version + 1, deleted_at = NULL WHERE id = ?`)
      .run(...fieldParameters(fields), now, memory.id);
    writeTags(memory.id, fields.tags);
    if (fields.content !== memory.content) {
      fullText.remove(memory.id, memory.content);
      fullText.add(memory.id, fields.content);
      vectors.drop(memory);
    }
    changes.append('payload', memory.key);
    return readLive(memory.key);
  }

  return {
    create: (draft) =>
      connection.write(() => {
        const twin = connection
          .sql<MemoryRow>(`${select('m.content_hash = ? AND m.deleted_at IS NULL')} ORDER BY m.id LIMIT 1`)
          .get(contentHash(draft.content));
        if (twin !== undefined) return { created: false, memory: uniteTags(memoryFromRow(twin), draft.tags) };
        const key = freeKey(draft.key);
        const { lastInsertRowid } = connection
          .sql(
            `INSERT INTO memories (key, created_at, updated_at, source, version, ${fieldColumns.join(', ')})
             VALUES (?, ?, ?, ?, 1${', ?'.repeat(fieldColumns.length)})`,
          )
          .run(key, draft.created_at, draft.created_at, draft.source, ...fieldParameters(draft));
        const id = Number(lastInsertRowid);
        writeTags(id, draft.tags);
        fullText.add(id, draft.content);
        return { created: true, memory: readLive(key) };
      }),

    update: (key, change, { now, expectedVersion }) =>
      connection.write(() => {
        const memory = readLive(key);
        if (memory.deleted_at !== undefined) throw deletedMemory(key);
        if (expectedVersion !== undefined && expectedVersion !== memory.version)
          throw staleVersion(memory, expectedVersion);
        return overwrite(memory, changedFields(memory, change), now, 'update');
      }),

    hide: (keys, now) =>
      connection.write(() => {
        const hidden: Memory[] = [];
        for (const key of new Set(keys)) {
          const memory = read(key);
          if (memory === undefined || memory.deleted_at !== undefined) continue;
          versions.keep(memory, now, 'delete');
          connection
            .sql('UPDATE memories SET deleted_at = ?, updated_at = ?, version = version + 1 WHERE id = ?')
            .run(now, now, memory.id);
          changes.append('payload', key);
          hidden.push(readLive(key));
        }
        return hidden;
      }),

    restore: (key, version, now) =>
      connection.write(() => {
        const memory = readLive(key);
        if (version === undefined && memory.deleted_at === undefined) {
          throw notDeleted(key);
        }
        return overwrite(
          memory,
          version === undefined ? fieldsOf(memory) : versions.fieldsAt(memory, version),
          now,
          'restore',
        );
      }),

    read,
    byIds(ids) {
      const found = new Map<MemoryId, Memory>();
      for (const id of ids) {
        const row = connection.sql<MemoryRow>(select('m.id = ?')).get(id);
        if (row !== undefined) found.set(id, memoryFromRow(row));
      }
      return found;
    },
    versions: (key) => versions.of(readLive(key).id),
    list({ filter, order, after, limit }) {
      const { text, parameters } = predicateOf(filter);
      const [beyond, direction] = order === 'newest' ? ['m.id < ?', 'DESC'] : ['m.id > ?', 'ASC'];
      const start = after ?? (order === 'newest' ? Number.MAX_SAFE_INTEGER : 0);
      return connection
        .sql<MemoryRow>(`${select(`${beyond} AND ${text}`)} ORDER BY m.id ${direction} LIMIT ?`)
        .all(start, ...parameters, limit)
        .map(memoryFromRow);
    },
    count(filter) {
      const { text, parameters } = predicateOf(filter);
      return (
        connection.sql<{ n: number }>(`SELECT count(*) AS n FROM memories m WHERE ${text}`).get(...parameters)?.n ?? 0
      );
    },
    pinned: () =>
      connection
        .sql<MemoryRow>(`${select('m.pinned = 1 AND m.deleted_at IS NULL')} ORDER BY m.id DESC`)
        .all()
        .map(memoryFromRow),
    setPinned: (key, pinned, now) =>
      connection.write(() => {
        const memory = readLive(key);
        if (memory.deleted_at !== undefined) throw deletedMemory(key);
        if (memory.pinned === pinned) return memory;
        versions.keep(memory, now, 'pin');
        connection
          .sql('UPDATE memories SET pinned = ?, updated_at = ?, version = version + 1 WHERE id = ?')
          .run(pinned ? 1 : 0, now, memory.id);
        changes.append('payload', key);
        return readLive(key);
      }),
  };

  function uniteTags(memory: Memory, tags: readonly string[]): Memory {
    const known = new Set(memory.tags.map(foldText));
    const added = tags.filter((tag) => !known.has(foldText(tag)));
    if (added.length === 0) return memory;
    const united = [...memory.tags, ...added];
    connection.sql('UPDATE memories SET tags = ? WHERE id = ?').run(JSON.stringify(united), memory.id);
    writeTags(memory.id, united);
    changes.append('payload', memory.key);
    return readLive(memory.key);
  }
}
