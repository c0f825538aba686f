/**
 * Reads the `memories` table: by key, by id, and as lists ordered by id. Used by `memory-table.ts`.
 */
import type { Memory, MemoryFilter, MemoryId, MemoryKey, Timestamp } from '../core/memory.ts';
import { buildPredicate, matchesAllLive } from './filter-predicate.ts';
import { type MemoryRow, memoryColumns, memoryFromRow } from './memory-rows.ts';
import type { Connection } from './sqlite/connection.ts';

const tagNamesLimit = 5_000;

export interface ListQuery {
  readonly filter: MemoryFilter;
  readonly order: 'newest' | 'oldest';
  /** The last id of the previous page. */
  readonly after?: MemoryId | undefined;
  readonly limit: number;
}

/** The fields of a memory that ranking needs. */
export type MemoryText = Pick<Memory, 'id' | 'content' | 'created_at' | 'importance'> & {
  readonly occurred_at: Timestamp | null;
};

const textColumns = 'm.id, m.content, m.created_at, m.occurred_at, m.importance';

export function createMemoryReading(connection: Connection) {
  const selectWhere = (rest: string) =>
    connection.sql<MemoryRow>(`SELECT ${memoryColumns} FROM memories m WHERE ${rest}`);
  const toMemory = (row: MemoryRow | undefined) => (row === undefined ? undefined : memoryFromRow(row));

  const texts = (ids: readonly MemoryId[], which: 'all' | 'live' = 'all'): MemoryText[] =>
    connection
      .sql<MemoryText>(
        `SELECT ${textColumns} FROM json_each(?) wanted
         CROSS JOIN memories m ON m.id = wanted.value ${which === 'live' ? 'AND m.deleted_at IS NULL' : ''}`,
      )
      .all(JSON.stringify(ids));

  return {
    /** Finds a memory by its key, even if it is deleted. */
    read: (key: MemoryKey): Memory | undefined => toMemory(selectWhere('m.key = ?').get(key)),
    /** The memories with these ids, in the same order. */
    byIds(ids: readonly MemoryId[]): Map<MemoryId, Memory> {
      const found = selectWhere('m.id IN (SELECT value FROM json_each(?))').all(JSON.stringify(ids));
      const byId = new Map(found.map((row) => [row.id, row]));
      return new Map(
        ids.flatMap((id) => {
          const row = byId.get(id);
          return row === undefined ? [] : [[id, memoryFromRow(row)] as const];
        }),
      );
    },
    /** Only what ranking needs, in any order. Three times as fast as `byIds`. `live` leaves out deleted memories. */
    texts,
    /** The same for those of the ids that match the filter. */
    textsMatching(ids: readonly MemoryId[], filter: MemoryFilter): MemoryText[] {
      const { text, parameters } = buildPredicate(filter);
      return connection
        .sql<MemoryText>(
          `SELECT ${textColumns} FROM json_each(?) wanted
           CROSS JOIN memories m ON m.id = wanted.value WHERE ${text}`,
        )
        .all(JSON.stringify(ids), ...parameters);
    },
    /** About so many pairs of live memories that were written one after the other, evenly over the store. */
    neighborPairs(count: number): (readonly [MemoryText, MemoryText])[] {
      const last = connection.sql<{ id: number | null }>('SELECT max(id) AS id FROM memories').get()?.id ?? 0;
      const step = Math.max(1, last / count);
      const firsts = Array.from({ length: Math.min(count, last) }, (_, index) => 1 + Math.floor(index * step));
      const found = new Map(
        texts([...new Set(firsts.flatMap((id) => [id, id + 1]))], 'live').map((one) => [one.id, one]),
      );
      return firsts.flatMap((id) => {
        const [one, other] = [found.get(id), found.get(id + 1)];
        return one === undefined || other === undefined ? [] : [[one, other] as const];
      });
    },
    /** The oldest live memory with this content hash; of this moment, if one is given. */
    withContent: (hash: string, occurredAt: Timestamp | undefined): Memory | undefined =>
      toMemory(
        selectWhere(
          'm.content_hash = ? AND m.deleted_at IS NULL AND coalesce(m.occurred_at = ?, ?) ORDER BY m.id LIMIT 1',
        ).get(hash, occurredAt ?? null, occurredAt === undefined ? 1 : 0),
      ),
    list({ filter, order, after, limit }: ListQuery): Memory[] {
      const { text, parameters } = buildPredicate(filter);
      const [beyond, direction] = order === 'newest' ? ['m.id < ?', 'DESC'] : ['m.id > ?', 'ASC'];
      const start = after ?? (order === 'newest' ? Number.MAX_SAFE_INTEGER : 0);
      return selectWhere(`${beyond} AND ${text} ORDER BY m.id ${direction} LIMIT ?`)
        .all(start, ...parameters, limit)
        .map(memoryFromRow);
    },
    /** Whether a memory matches the filter. */
    matches(id: MemoryId, filter: MemoryFilter): boolean {
      const { text, parameters } = buildPredicate(filter);
      return connection.sql(`SELECT 1 FROM memories m WHERE m.id = ? AND ${text}`).get(id, ...parameters) !== undefined;
    },
    /** The memories that match the filter, or undefined if there are more than `limit`. */
    idsMatching(filter: MemoryFilter, limit: number): MemoryId[] | undefined {
      const { text, parameters } = buildPredicate(filter);
      const ids: MemoryId[] = connection
        .sql(`SELECT m.id FROM memories m WHERE ${text} LIMIT ?`)
        .column(...parameters, limit + 1);
      return ids.length > limit ? undefined : ids;
    },
    /** How many memories match the filter. */
    count(filter: MemoryFilter): number {
      const { text, parameters } = buildPredicate(filter);
      const query = matchesAllLive(filter)
        ? // The deleted memories have an index. Counting the live ones directly would read every row.
          `SELECT value - (SELECT count(*) FROM memories WHERE deleted_at IS NOT NULL) AS n FROM meta WHERE name = 'text_count'`
        : `SELECT count(*) AS n FROM memories m WHERE ${text}`;
      return connection.sql<{ n: number }>(query).get(...parameters)?.n ?? 0;
    },
    /** The tags of live memories, folded, at most some thousands. */
    tagNames: (): string[] =>
      connection
        .sql(
          `SELECT DISTINCT t.tag FROM memory_tags t JOIN memories m ON m.id = t.memory_id
           WHERE m.deleted_at IS NULL LIMIT ${tagNamesLimit}`,
        )
        .column(),
    /** The newest pinned live memories, newest first. */
    pinned: (limit: number): Memory[] =>
      selectWhere('m.pinned = 1 AND m.deleted_at IS NULL ORDER BY m.id DESC LIMIT ?').all(limit).map(memoryFromRow),
    /** Live memories of importance 0.8 and more, the most important and then the newest first. */
    important: (limit: number, { except }: { except: readonly MemoryId[] }): Memory[] =>
      // The limit stands in the index as well, which SQLite uses only where it sees the number.
      selectWhere(
        `m.importance >= 0.8 AND m.deleted_at IS NULL AND m.id NOT IN (SELECT value FROM json_each(?))
         ORDER BY m.importance DESC, m.id DESC LIMIT ?`,
      )
        .all(JSON.stringify(except), limit)
        .map(memoryFromRow),
  };
}

export type MemoryReading = ReturnType<typeof createMemoryReading>;
