/**
 * Reading rows of `memories`: by key, by id, and as lists in the order of ids. Part of the memory table.
 */
import type { Memory, MemoryFilter, MemoryId, MemoryKey } from '../core/memory.ts';
import { isOpen, predicateOf } from './filter-predicate.ts';
import { type MemoryRow, memoryColumns, memoryFromRow } from './memory-rows.ts';
import type { Connection } from './sqlite/connection.ts';

export interface ListQuery {
  readonly filter: MemoryFilter;
  readonly order: 'newest' | 'oldest';
  /** Where the previous page ended. */
  readonly after?: MemoryId | undefined;
  readonly limit: number;
}

/** What ranking has to know of a memory. */
export type MemoryText = Pick<Memory, 'id' | 'content' | 'created_at' | 'importance'>;

export function createMemoryReading(connection: Connection) {
  const rows = (rest: string) => connection.sql<MemoryRow>(`SELECT ${memoryColumns} FROM memories m WHERE ${rest}`);
  const memory = (row: MemoryRow | undefined) => (row === undefined ? undefined : memoryFromRow(row));

  return {
    /** A memory by its key, hidden ones included. */
    read: (key: MemoryKey): Memory | undefined => memory(rows('m.key = ?').get(key)),
    /** The memories of these ids, in their order. */
    byIds(ids: readonly MemoryId[]): Map<MemoryId, Memory> {
      const found = rows('m.id IN (SELECT value FROM json_each(?))').all(JSON.stringify(ids));
      const byId = new Map(found.map((row) => [row.id, row]));
      return new Map(
        ids.flatMap((id) => {
          const row = byId.get(id);
          return row === undefined ? [] : [[id, memoryFromRow(row)] as const];
        }),
      );
    },
    /** The texts of these ids, in any order, for a third of the time; `live` leaves the deleted ones out. */
    texts: (ids: readonly MemoryId[], which: 'all' | 'live' = 'all'): MemoryText[] =>
      connection
        .sql<MemoryText>(
          `SELECT m.id, m.content, m.created_at, m.importance FROM json_each(?) wanted
           CROSS JOIN memories m ON m.id = wanted.value ${which === 'live' ? 'AND m.deleted_at IS NULL' : ''}`,
        )
        .all(JSON.stringify(ids)),
    /** The oldest live memory with this `contentHash`. */
    withContent: (hash: string): Memory | undefined =>
      memory(rows('m.content_hash = ? AND m.deleted_at IS NULL ORDER BY m.id LIMIT 1').get(hash)),
    list({ filter, order, after, limit }: ListQuery): Memory[] {
      const { text, parameters } = predicateOf(filter);
      const [beyond, direction] = order === 'newest' ? ['m.id < ?', 'DESC'] : ['m.id > ?', 'ASC'];
      const start = after ?? (order === 'newest' ? Number.MAX_SAFE_INTEGER : 0);
      return rows(`${beyond} AND ${text} ORDER BY m.id ${direction} LIMIT ?`)
        .all(start, ...parameters, limit)
        .map(memoryFromRow);
    },
    /** Whether the filter lets a memory through. */
    passes(id: MemoryId, filter: MemoryFilter): boolean {
      const { text, parameters } = predicateOf(filter);
      return connection.sql(`SELECT 1 FROM memories m WHERE m.id = ? AND ${text}`).get(id, ...parameters) !== undefined;
    },
    /** How many memories the filter lets through. */
    count(filter: MemoryFilter): number {
      const { text, parameters } = predicateOf(filter);
      const query = isOpen(filter)
        ? // Counting what is hidden is quick, counting what is not means reading every row.
          `SELECT value - (SELECT count(*) FROM memories WHERE deleted_at IS NOT NULL) AS n FROM meta WHERE name = 'text_count'`
        : `SELECT count(*) AS n FROM memories m WHERE ${text}`;
      return connection.sql<{ n: number }>(query).get(...parameters)?.n ?? 0;
    },
    /** The newest pinned live memories, newest first. */
    pinned: (limit: number): Memory[] =>
      rows('m.pinned = 1 AND m.deleted_at IS NULL ORDER BY m.id DESC LIMIT ?').all(limit).map(memoryFromRow),
  };
}

export type MemoryReading = ReturnType<typeof createMemoryReading>;
