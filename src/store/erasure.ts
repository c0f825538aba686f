/**
 * Permanent deletion: a memory leaves every table in one transaction, then every place where SQLite keeps old bytes.
 * What could not be finished (another process still reads the WAL) is remembered in the file and finished later.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Memory, MemoryKey } from '../core/memory.ts';
import type { Connection } from './database.ts';
import type { FullText } from './full-text.ts';
import type { MemoryTable } from './memory-table.ts';
import type { VectorTable } from './vector-table.ts';

export interface Erasure {
  /** Deletes the rows for good and notes that their traces remain. Unknown keys are left out of the answer. */
  erase(keys: readonly MemoryKey[]): Promise<Memory[]>;
  /** Removes the traces from this file and its WAL. False while another process's read keeps the WAL alive. */
  removeTraces(): Promise<boolean>;
  /** True from `erase` until `complete`. */
  pending(): boolean;
  /** Says that no trace is left anywhere. */
  complete(): Promise<void>;
}

interface Parts {
  readonly connection: Connection;
  readonly memories: MemoryTable;
  readonly fullText: FullText;
  readonly vectors: VectorTable;
}

/** Readers end within milliseconds unless they hang; a few short waits are enough to tell. */
const checkpointWaits = [10, 30, 60, 100];

export function createErasure({ connection, memories, fullText, vectors }: Parts): Erasure {
  const mark = 'erasure_pending';
  return {
    erase: (keys) =>
      connection.write(() => {
        const erased: Memory[] = [];
        for (const key of new Set(keys)) {
          const memory = memories.read(key);
          if (memory === undefined) continue;
          fullText.remove(memory.id, memory.content);
          vectors.drop(memory);
          connection.sql('DELETE FROM memories WHERE id = ?').run(memory.id);
          erased.push(memory);
        }
        if (erased.length > 0) connection.sql('INSERT OR REPLACE INTO meta (name, value) VALUES (?, 1)').run(mark);
        return erased;
      }),
    async removeTraces() {
      // Deleted entries of a contentless index linger in its segments until they are merged.
      await connection.write(
        () => connection.execute("INSERT INTO memory_text (memory_text) VALUES ('optimize')"),
        'bulk',
      );
      for (const wait of checkpointWaits) {
        if (connection.pragma('wal_checkpoint(TRUNCATE)') === 0) return true;
        await delay(wait);
      }
      return false;
    },
    pending: () => connection.sql('SELECT 1 FROM meta WHERE name = ?').get(mark) !== undefined,
    complete: () =>
      connection.write(() => {
        connection.sql('DELETE FROM meta WHERE name = ?').run(mark);
      }),
  };
}
