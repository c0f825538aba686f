/**
 * Creates, updates, deletes and restores memories, with their versions and tags. Each operation is one write transaction
 * that also updates the full-text index and the change log.
 */
import { MemoryMcpError } from '../core/errors.ts';
import type { Memory, MemoryFields, MemoryId, MemoryKey, Timestamp } from '../core/memory.ts';
import { deletedMemory, notDeleted, staleVersion, unknownKey } from '../core/memory-errors.ts';
import { tagLimit } from '../core/memory-fields.ts';
import { numberedKey } from '../core/memory-key.ts';
import { foldText } from '../core/text/spellings.ts';
import { quoteForMessage } from '../core/text/visible-text.ts';
import type { ChangeLog } from './change-log.ts';
import type { FullText } from './full-text.ts';
import { applyChange, type MemoryChange } from './memory-change.ts';
import { createMemoryImport } from './memory-import.ts';
import { createMemoryReading } from './memory-reading.ts';
import {
  deduplicateTags,
  hashContent,
  insertMemory,
  overwriteMemory,
  pickFields,
  toFieldParameters,
  toStoredText,
} from './memory-rows.ts';
import { createMemoryVersions, type MemoryVersion, type VersionCause } from './memory-versions.ts';
import type { OperationLog, OperationNote } from './operation-log.ts';
import type { Connection } from './sqlite/connection.ts';
import type { VectorTable } from './vector-table.ts';

export type MemoryDraft = MemoryFields & {
  readonly source: string;
  readonly created_at: Timestamp;
  /** The key for the time of creation. The store appends a number if it is taken. */
  readonly key: MemoryKey;
  readonly pinned?: boolean | undefined;
};

export interface UpdateOptions {
  readonly now: Timestamp;
  readonly pinned?: boolean | undefined;
  readonly expectedVersion?: number | undefined;
  readonly note?: OperationNote | undefined;
}

export type CreateOutcome = { readonly created: boolean; readonly memory: Memory };

interface MemoryTableDeps {
  readonly connection: Connection;
  readonly fullText: FullText;
  readonly vectors: VectorTable;
  readonly changes: ChangeLog;
  readonly operations: OperationLog;
}

export function createMemoryTable({ connection, fullText, vectors, changes, operations }: MemoryTableDeps) {
  const versions = createMemoryVersions(connection);
  const { withContent, ...reading } = createMemoryReading(connection);
  const readKnown = (key: MemoryKey): Memory => {
    const memory = reading.read(key);
    if (memory === undefined) throw unknownKey(key);
    return memory;
  };
  const readLive = (key: MemoryKey): Memory => {
    const memory = readKnown(key);
    if (memory.deleted_at !== undefined) throw deletedMemory(key);
    return memory;
  };
  const isTaken = (key: MemoryKey) =>
    connection
      .sql('SELECT 1 FROM memories WHERE key = ? UNION ALL SELECT 1 FROM erased_keys WHERE key = ?')
      .get(key, key) !== undefined;

  function findFreeKey(base: MemoryKey): MemoryKey {
    if (!isTaken(base)) return base;
    // Start from the newest key: counting from 1 would be slow when thousands share the same second.
    const newest =
      connection.sql<{ key: string }>('SELECT key FROM memories ORDER BY id DESC LIMIT 1').get()?.key ?? '';
    const number = newest.startsWith(`${base}_`) ? /^\d{2,}$/.exec(newest.slice(base.length + 1)) : null;
    for (let taken = Number(number?.[0] ?? 0) + 1; ; taken++) {
      const key = numberedKey(base, taken);
      if (!isTaken(key)) return key;
    }
  }

  function writeTags(id: MemoryId, tags: readonly string[]): void {
    connection.sql('DELETE FROM memory_tags WHERE memory_id = ?').run(id);
    const insert = connection.sql('INSERT INTO memory_tags (tag, memory_id) VALUES (?, ?)');
    for (const tag of deduplicateTags(tags)) insert.run(foldText(tag), id);
  }

  function insert(memory: MemoryFields & Pick<Memory, 'key' | 'created_at' | 'updated_at' | 'source'>): MemoryId {
    const { lastInsertRowid } = connection
      .sql(insertMemory)
      .run(memory.key, memory.created_at, memory.updated_at, memory.source, ...toFieldParameters(memory));
    const id = Number(lastInsertRowid);
    writeTags(id, memory.tags);
    fullText.add(id, toStoredText(memory.content));
    return id;
  }

  const writePinned = (id: MemoryId, pinned: boolean) =>
    connection.sql('UPDATE memories SET pinned = ? WHERE id = ?').run(pinned ? 1 : 0, id);

  function addTags(memory: Memory, added: readonly string[]): Memory {
    const tags = deduplicateTags([...memory.tags, ...added]);
    if (tags.length === memory.tags.length) return memory;
    if (tags.length > tagLimit.count) throw tooManyTags(memory.key, tags.length);
    connection.sql('UPDATE memories SET tags = ? WHERE id = ?').run(JSON.stringify(tags), memory.id);
    writeTags(memory.id, tags);
    changes.append('payload', memory.key);
    return readKnown(memory.key);
  }

  /** Replaces the fields of a memory and stores the old ones as a version. New content also drops the vectors. */
  function overwrite(memory: Memory, fields: MemoryFields, now: Timestamp, cause: VersionCause): Memory {
    versions.record(memory, now, cause);
    connection.sql(overwriteMemory).run(...toFieldParameters(fields), now, memory.id);
    writeTags(memory.id, fields.tags);
    if (fields.content !== memory.content) {
      fullText.remove(memory.id, memory.content);
      fullText.add(memory.id, toStoredText(fields.content));
      vectors.drop(memory);
    }
    changes.append('payload', memory.key);
    return readKnown(memory.key);
  }

  /** Sets one column, as a new version of the memory. */
  function setColumn(memory: Memory, column: 'deleted_at' | 'pinned', value: string | number, now: Timestamp): Memory {
    versions.record(memory, now, column === 'pinned' ? 'pin' : 'delete');
    connection
      .sql(`UPDATE memories SET ${column} = ?, updated_at = ?, version = version + 1 WHERE id = ?`)
      .run(value, now, memory.id);
    changes.append('payload', memory.key);
    return readKnown(memory.key);
  }

  const imports = createMemoryImport({ connection, reading, versions, findFreeKey, insert, overwrite });

  return {
    ...reading,
    ...imports,
    /** Stores a draft. If a live memory has the same text and is of no other time, only adds the draft's tags to it, and pins it if asked to. */
    create: (draft: MemoryDraft, note?: OperationNote): Promise<CreateOutcome> =>
      connection.write(() => {
        const duplicate = withContent(hashContent(draft.content), draft.occurred_at);
        if (duplicate !== undefined) {
          operations.append(note, [duplicate.key]);
          const tagged = addTags(duplicate, draft.tags);
          const pin = draft.pinned === true && !tagged.pinned;
          return { created: false, memory: pin ? setColumn(tagged, 'pinned', 1, draft.created_at) : tagged };
        }
        const key = findFreeKey(draft.key);
        const id = insert({ ...draft, key, updated_at: draft.created_at });
        if (draft.pinned === true) writePinned(id, true);
        operations.append(note, [key]);
        return { created: true, memory: readKnown(key) };
      }),

    /** Throws `not_found`, or `conflict` if the memory is deleted or not at the expected version. */
    update: (
      key: MemoryKey,
      change: MemoryChange,
      { now, pinned, expectedVersion, note }: UpdateOptions,
    ): Promise<Memory> =>
      connection.write(() => {
        const memory = readLive(key);
        if (expectedVersion !== undefined && expectedVersion !== memory.version) {
          throw staleVersion(memory, expectedVersion);
        }
        operations.append(note, [key]);
        if (pinned !== undefined) writePinned(memory.id, pinned);
        return overwrite(memory, applyChange(memory, change), now, 'update');
      }),

    /** Marks memories as deleted and returns them. Unknown keys are ignored, deleted memories stay as they are. */
    softDelete: (keys: readonly MemoryKey[], now: Timestamp, note?: OperationNote): Promise<Memory[]> =>
      connection.write(() => {
        const deleted = [...new Set(keys)].flatMap((key) => {
          const memory = reading.read(key);
          if (memory === undefined) return [];
          return memory.deleted_at === undefined ? setColumn(memory, 'deleted_at', now, now) : memory;
        });
        if (deleted.length > 0) {
          operations.append(
            note,
            deleted.map(({ key }) => key),
          );
        }
        return deleted;
      }),

    /** Restores a deleted memory, or the fields of an older version, as a new version. */
    restore: (key: MemoryKey, version: number | undefined, now: Timestamp, note?: OperationNote): Promise<Memory> =>
      connection.write(() => {
        const memory = readKnown(key);
        if (version === undefined && memory.deleted_at === undefined) throw notDeleted(key);
        const fields = version === undefined ? pickFields(memory) : versions.fieldsAt(memory, version);
        operations.append(note, [key]);
        return overwrite(memory, fields, now, 'restore');
      }),

    setPinned: (key: MemoryKey, pinned: boolean, now: Timestamp, note?: OperationNote): Promise<Memory> =>
      connection.write(() => {
        const memory = readLive(key);
        operations.append(note, [key]);
        return memory.pinned === pinned ? memory : setColumn(memory, 'pinned', pinned ? 1 : 0, now);
      }),

    /** The earlier versions of a memory, oldest first; empty for an unknown key. */
    versions(key: MemoryKey): MemoryVersion[] {
      const memory = reading.read(key);
      return memory === undefined ? [] : versions.list(memory.id);
    },
  };
}

export type MemoryTable = ReturnType<typeof createMemoryTable>;

function tooManyTags(key: MemoryKey, count: number): MemoryMcpError {
  return new MemoryMcpError(
    'invalid_input',
    `tags: memory ${quoteForMessage(key, 200)} already holds this text and would have ${count} tags; at most ${tagLimit.count} are allowed`,
    { hint: 'Set its tags with memory_update.' },
  );
}
