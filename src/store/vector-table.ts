/**
 * The `vectors` table: one vector per chunk of a memory and space. Every index uses the ids of this table. Changes in the
 * space that searches use are appended to the change log in the same transaction.
 */
import type { Memory, MemoryFilter, MemoryId, MemoryKey } from '../core/memory.ts';
import {
  dotProduct,
  fingerprintModulus,
  type IdFingerprint,
  type IdSet,
  type VectorId,
  type VectorSpace,
} from '../core/vector.ts';
import type { ChangeLog } from './change-log.ts';
import { buildPredicate, matchesAllLive } from './filter-predicate.ts';
import type { Connection } from './sqlite/connection.ts';

export interface StoredVector {
  readonly id: VectorId;
  readonly memoryId: MemoryId;
  readonly key: MemoryKey;
  readonly chunk: number;
  readonly vector: Float32Array;
}

interface VectorRow {
  id: number;
  memory_id: number;
  key: string;
  chunk: number;
  vector: Uint8Array;
}

const columns = 'v.id, v.memory_id, m.key, v.chunk, v.vector';

/** Tolerance for the squared length of a stored vector, which should be 1. */
const squareTolerance = 1e-3;

export function createVectorTable({ connection, changes }: { connection: Connection; changes: ChangeLog }) {
  const findSpaceId = (space: VectorSpace): number | undefined =>
    connection.sql<{ id: number }>('SELECT id FROM spaces WHERE name = ?').get(space.id)?.id;

  function ensureSpace(space: VectorSpace): number {
    const known = findSpaceId(space);
    if (known !== undefined) return known;
    return Number(
      connection.sql('INSERT INTO spaces (name, dimensions) VALUES (?, ?)').run(space.id, space.dimensions)
        .lastInsertRowid,
    );
  }

  const setMeta = (name: string, value: string) =>
    connection
      .sql('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
      .run(name, value);

  const readCurrentSpaceName = () =>
    connection.sql<{ value: string }>("SELECT value FROM meta WHERE name = 'current_space'").get()?.value;

  /** Memories with a damaged vector, until `dropDamaged` removes their vectors. */
  const damaged = new Map<MemoryId, MemoryKey>();

  /** Undefined if the bytes are not a unit vector of the space. The memory is then marked as damaged. */
  function decode(row: VectorRow, { dimensions }: VectorSpace): Float32Array | undefined {
    const vector = row.vector.byteLength === 4 * dimensions ? toVector(row.vector) : undefined;
    if (vector !== undefined && Math.abs(dotProduct(vector, vector) - 1) <= squareTolerance) return vector;
    damaged.set(row.memory_id, row.key);
    return undefined;
  }

  function decodeRow(row: VectorRow, space: VectorSpace): StoredVector[] {
    const vector = decode(row, space);
    return vector === undefined
      ? []
      : [{ id: row.id, memoryId: row.memory_id, key: row.key, chunk: row.chunk, vector }];
  }

  function remove(rows: readonly { id: number; key: string; chunk: number }[]): void {
    for (const row of rows) {
      connection.sql('DELETE FROM vectors WHERE id = ?').run(row.id);
      changes.append('drop', row.key, { id: row.id, chunk: row.chunk });
    }
  }

  return {
    /** The space that searches use, or undefined before the first vector. */
    currentSpace(): VectorSpace | undefined {
      const row = connection
        .sql<{ name: string; dimensions: number }>(
          "SELECT s.name, s.dimensions FROM meta JOIN spaces s ON s.name = meta.value WHERE meta.name = 'current_space'",
        )
        .get();
      return row === undefined ? undefined : { id: row.name, dimensions: row.dimensions };
    },
    /** Makes searches use a space. Sets a new epoch, which makes every index rebuild. */
    switchTo: (space: VectorSpace): Promise<void> =>
      connection.write(() => {
        ensureSpace(space);
        setMeta('current_space', space.id);
        connection.sql("UPDATE meta SET value = lower(hex(randomblob(16))) WHERE name = 'epoch'").run();
      }),
    /**
     * Stores the vectors of all chunks of a memory. Returns false without storing anything if the memory is no longer at
     * `version`. Existing vectors in the space are kept: they belong to the same text, since a change of the text drops
     * them.
     */
    put: (
      memory: { id: MemoryId; version: number },
      space: VectorSpace,
      vectors: readonly Float32Array[],
    ): Promise<boolean> =>
      connection.write(() => {
        const row = connection
          .sql<{ key: string; version: number }>('SELECT key, version FROM memories WHERE id = ?')
          .get(memory.id);
        if (row === undefined || row.version !== memory.version) return false;
        const spaceNumber = ensureSpace(space);
        const present = connection
          .sql('SELECT 1 FROM vectors WHERE memory_id = ? AND space = ? AND chunk = 0')
          .get(memory.id, spaceNumber);
        if (present !== undefined) return true;
        vectors.forEach((vector, chunk) => {
          const { lastInsertRowid } = connection
            .sql('INSERT INTO vectors (memory_id, chunk, space, vector) VALUES (?, ?, ?, ?)')
            .run(memory.id, chunk, spaceNumber, toBytes(vector));
          changes.append('put', row.key, { id: Number(lastInsertRowid), chunk });
        });
        connection.sql('DELETE FROM vector_failures WHERE memory_id = ? AND space = ?').run(memory.id, space.id);
        if (readCurrentSpaceName() === undefined) setMeta('current_space', space.id);
        return true;
      }),
    /** Removes the vectors of a memory in every space. Call it inside a write transaction. */
    drop(memory: Memory): void {
      remove(
        connection
          .sql<{ id: number; key: string; chunk: number }>(
            'SELECT id, ? AS key, chunk FROM vectors WHERE memory_id = ?',
          )
          .all(memory.key, memory.id),
      );
      connection.sql('DELETE FROM vector_failures WHERE memory_id = ?').run(memory.id);
    },
    /** Whether any other space has vectors. */
    hasOtherSpaces: ({ id }: VectorSpace): boolean =>
      connection
        .sql('SELECT 1 FROM spaces s WHERE s.name <> ? AND EXISTS (SELECT 1 FROM vectors v WHERE v.space = s.id)')
        .get(id) !== undefined,
    /** Removes up to `limit` vectors of spaces other than the given ones. Returns how many were removed. */
    dropOtherSpaces: (kept: readonly string[], limit: number): Promise<number> =>
      connection.write(() => {
        const { changes: removed } = connection
          .sql(
            `DELETE FROM vectors WHERE id IN (
               SELECT v.id FROM spaces s CROSS JOIN vectors v ON v.space = s.id
               WHERE s.name NOT IN (${kept.map(() => '?').join(', ')}) LIMIT ?)`,
          )
          .run(...kept, limit);
        return removed;
      }, 'bulk'),
    byIds(ids: readonly VectorId[], space: VectorSpace): Map<VectorId, StoredVector> {
      const found = new Map<VectorId, StoredVector>();
      const query = connection.sql<VectorRow>(
        `SELECT ${columns} FROM vectors v JOIN memories m ON m.id = v.memory_id WHERE v.id = ? AND v.space = ?`,
      );
      const spaceNumber = findSpaceId(space) ?? -1;
      for (const id of ids) {
        const row = query.get(id, spaceNumber);
        for (const stored of row === undefined ? [] : decodeRow(row, space)) found.set(id, stored);
      }
      return found;
    },
    /** One page of the vectors of a space, ordered by id, for a rebuild. `last` is undefined after the last page. */
    page(space: VectorSpace, after: VectorId, limit: number): { vectors: StoredVector[]; last: VectorId | undefined } {
      const rows = connection
        .sql<VectorRow>(
          // The unary plus stops SQLite from using an index on `space`, with which it would sort the space for each page.
          `SELECT ${columns} FROM vectors v JOIN memories m ON m.id = v.memory_id
           WHERE v.id > ? AND +v.space = ? ORDER BY v.id LIMIT ?`,
        )
        .all(after, findSpaceId(space) ?? -1, limit);
      return { vectors: rows.flatMap((row) => decodeRow(row, space)), last: rows.at(-1)?.id };
    },
    /** The vectors of these memories, ordered by chunk. */
    ofMemories(ids: readonly MemoryId[], space: VectorSpace): Pick<StoredVector, 'memoryId' | 'vector'>[] {
      const rows = connection
        .sql<VectorRow>(
          `SELECT ${columns} FROM json_each(?) wanted
           CROSS JOIN vectors v ON v.memory_id = wanted.value AND v.space = ?
           CROSS JOIN memories m ON m.id = v.memory_id`,
        )
        .all(JSON.stringify(ids), findSpaceId(space) ?? -1);
      return rows.sort((one, other) => one.chunk - other.chunk).flatMap((row) => decodeRow(row, space));
    },
    /** The memory that each vector belongs to. */
    owners(ids: readonly VectorId[]): Map<VectorId, MemoryId> {
      const rows = connection
        .sql<{ id: number; memory_id: number }>(
          'SELECT v.id, v.memory_id FROM json_each(?) wanted CROSS JOIN vectors v ON v.id = wanted.value',
        )
        .all(JSON.stringify(ids));
      return new Map(rows.map((row) => [row.id, row.memory_id]));
    },
    count: (space: VectorSpace): number =>
      connection.sql<{ n: number }>('SELECT count(*) AS n FROM vectors WHERE space = ?').get(findSpaceId(space) ?? -1)
        ?.n ?? 0,
    fingerprint(space: VectorSpace): IdFingerprint {
      const row = connection
        .sql<IdFingerprint>(
          `SELECT count(*) AS count, total(id) AS sum,
                  total((id % ${fingerprintModulus}) * (id % ${fingerprintModulus}) % ${fingerprintModulus}) AS squares
           FROM vectors WHERE space = ?`,
        )
        .get(findSpaceId(space) ?? -1);
      return row ?? { count: 0, sum: 0, squares: 0 };
    },
    hasDamaged: (): boolean => damaged.size > 0,
    /**
     * Removes all vectors in the space of memories with a damaged vector. The memories are then in the queue, to be embedded
     * again. Returns their keys.
     */
    dropDamaged: (space: VectorSpace): Promise<MemoryKey[]> =>
      connection.write(() => {
        for (const [id, key] of damaged) {
          remove(
            connection
              .sql<{ id: number; key: string; chunk: number }>(
                'SELECT id, ? AS key, chunk FROM vectors WHERE memory_id = ? AND space = ?',
              )
              .all(key, id, findSpaceId(space) ?? -1),
          );
        }
        const keys = [...damaged.values()];
        damaged.clear();
        return keys;
      }),
    /** The stored measurement of the model of a space; undefined if it has not been measured. */
    readMeasurement(space: VectorSpace): unknown {
      const row = connection.sql<{ fitness: string | null }>('SELECT fitness FROM spaces WHERE name = ?').get(space.id);
      try {
        return row?.fitness == null ? undefined : JSON.parse(row.fitness);
      } catch {
        // A damaged one is measured again.
        return undefined;
      }
    },
    writeMeasurement: (space: VectorSpace, measurement: unknown): Promise<void> =>
      connection.write(() => {
        ensureSpace(space);
        connection.sql('UPDATE spaces SET fitness = ? WHERE name = ?').run(JSON.stringify(measurement), space.id);
      }, 'bulk'),
    /**
     * The ids of the vectors with the lowest hashes. The sample is the same in every process and changes little as the
     * store grows.
     */
    sample: (space: VectorSpace, limit: number): VectorId[] =>
      connection
        .sql<{ id: number }>(
          // Knuth's multiplicative hash. `vectors_by_hash` indexes exactly this expression.
          'SELECT id FROM vectors WHERE space = ? ORDER BY id * 2654435761 % 4294967296 LIMIT ?',
        )
        .all(findSpaceId(space) ?? -1, limit)
        .map(({ id }) => id),
    /** The vectors whose memories match a filter, or undefined if all of them do. */
    idsMatching(filter: MemoryFilter, space: VectorSpace): IdSet | undefined {
      if (matchesAllLive(filter)) {
        const hidden = selectVectorIds('m.deleted_at IS NOT NULL', [], space);
        if (hidden.size === 0) return undefined;
        // Almost every vector matches, so keep the set of those that do not.
        return {
          has: (id) => !hidden.has(id),
          size: Number.POSITIVE_INFINITY,
        };
      }
      const { text, parameters } = buildPredicate(filter);
      return selectVectorIds(text, parameters, space);
    },
  };

  function selectVectorIds(
    predicate: string,
    parameters: readonly (string | number | bigint | Uint8Array | null)[],
    space: VectorSpace,
  ): Set<number> {
    const rows = connection
      .sql<{ id: number }>(
        // CROSS JOIN fixes the join order: filter first, because it is narrow and indexed.
        `SELECT v.id FROM memories m CROSS JOIN vectors v ON v.memory_id = m.id AND v.space = ? WHERE ${predicate}`,
      )
      .all(findSpaceId(space) ?? -1, ...parameters);
    return new Set(rows.map((row) => row.id));
  }
}

export type VectorTable = ReturnType<typeof createVectorTable>;

/** Float32 in the platform's byte order: little-endian on every platform that Node supports. */
function toBytes(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

function toVector(bytes: Uint8Array): Float32Array {
  // Copy, because a view needs an offset that is a multiple of four, which SQLite does not guarantee. Not `slice`: a BLOB
  // is a Buffer, whose `slice` returns a view.
  return new Float32Array(new Uint8Array(bytes).buffer);
}
