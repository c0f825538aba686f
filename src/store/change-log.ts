/**
 * The change log, from which a vector index catches up with the store. Every write appends to it in its own transaction.
 * A consumer reads the changes after the generation it has applied, or learns that it must rebuild.
 */
import { randomBytes } from 'node:crypto';
import type { MemoryKey } from '../core/memory.ts';
import type { VectorId } from '../core/vector.ts';
import type { Connection } from './sqlite/connection.ts';

/** Older entries are deleted. A consumer that is further behind rebuilds from `vectors`. */
const keptChanges = 100_000;
/** Old entries are deleted once per this many changes, to keep most writes cheap. */
const trimEvery = 1_000;

export interface LoggedChange {
  readonly generation: number;
  readonly op: 'put' | 'drop' | 'payload';
  readonly vectorId: VectorId | undefined;
  readonly key: MemoryKey;
  readonly chunk: number;
}

interface ChangeRow {
  generation: number;
  op: LoggedChange['op'];
  vector_id: number | null;
  key: string;
  chunk: number | null;
}

export function createChangeLog(connection: Connection) {
  return {
    /** Appends a change, and from time to time deletes old ones. Call it inside a write transaction. */
    append(op: LoggedChange['op'], key: MemoryKey, vector?: { id: VectorId; chunk: number }): void {
      const tag = randomBytes(8).toString('hex');
      const { lastInsertRowid } = connection
        .sql('INSERT INTO changes (op, vector_id, key, chunk, tag) VALUES (?, ?, ?, ?, ?)')
        .run(op, vector?.id ?? null, key, vector?.chunk ?? null, tag);
      const generation = Number(lastInsertRowid);
      if (generation % trimEvery === 0) {
        connection.sql('DELETE FROM changes WHERE generation <= ?').run(generation - keptChanges);
      }
    },
    /** The newest generation; 0 before the first change. */
    latest(): number {
      const row = connection.sql<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").get();
      return row?.seq ?? 0;
    },
    /**
     * The random tag of a generation. Undefined if the log cannot continue from it, because the generation belongs to
     * another history or was deleted. The tag of generation 0 is "" as long as nothing was deleted.
     */
    tagOf(generation: number): string | undefined {
      if (generation === 0) {
        const oldest = connection.sql<{ oldest: number | null }>('SELECT min(generation) AS oldest FROM changes').get();
        return (oldest?.oldest ?? 1) === 1 ? '' : undefined;
      }
      return connection.sql<{ tag: string }>('SELECT tag FROM changes WHERE generation = ?').get(generation)?.tag;
    },
    /** The next changes after `generation`, oldest first. Complete only if `tagOf(generation)` is defined. */
    since(generation: number, limit: number): LoggedChange[] {
      const rows = connection
        .sql<ChangeRow>(
          'SELECT generation, op, vector_id, key, chunk FROM changes WHERE generation > ? ORDER BY generation LIMIT ?',
        )
        .all(generation, limit);
      return rows.map((row) => ({
        generation: row.generation,
        op: row.op,
        vectorId: row.vector_id ?? undefined,
        key: row.key,
        chunk: row.chunk ?? 0,
      }));
    },
  };
}

export type ChangeLog = ReturnType<typeof createChangeLog>;
