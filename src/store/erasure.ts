/**
 * Permanent deletion: removes a memory from every table in one transaction, then from every place where SQLite keeps old
 * bytes. The second step fails while another connection reads an older snapshot. The file records that it is pending,
 * and any process can finish it later.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Memory, MemoryKey } from '../core/memory.ts';
import type { FullText } from './full-text.ts';
import type { MemoryTable } from './memory-table.ts';
import type { OperationLog, OperationNote } from './operation-log.ts';
import type { Connection } from './sqlite/connection.ts';
import type { VectorTable } from './vector-table.ts';

interface ErasureDeps {
  readonly connection: Connection;
  readonly memories: MemoryTable;
  readonly fullText: FullText;
  readonly vectors: VectorTable;
  readonly operations: OperationLog;
}

/** Milliseconds to wait before each attempt. Readers normally end within milliseconds. */
const emptyWalWaits = [0, 10, 30, 60, 100];
/** Pages of the full-text index to rewrite per transaction: about 20 ms on a slow machine. */
const mergedPages = 64;

export function createErasure({ connection, memories, fullText, vectors, operations }: ErasureDeps) {
  /** Identifies the latest erasure: completing one must not clear another that began in between. */
  const readPendingId = () =>
    connection.sql<{ value: string }>("SELECT value FROM meta WHERE name = 'erasure_pending'").get()?.value;
  let removedId: string | undefined;

  return {
    /** Deletes the rows and records that traces remain. Returns the deleted memories; unknown keys are ignored. */
    erase: (keys: readonly MemoryKey[], note?: OperationNote): Promise<Memory[]> =>
      connection.write(() => {
        const erased: Memory[] = [];
        for (const key of new Set(keys)) {
          const memory = memories.read(key);
          if (memory === undefined) continue;
          fullText.remove(memory.id, memory.content);
          vectors.drop(memory);
          connection.sql('DELETE FROM memories WHERE id = ?').run(memory.id);
          connection.sql('INSERT OR IGNORE INTO erased_keys (key) VALUES (?)').run(memory.key);
          erased.push(memory);
        }
        if (erased.length > 0) {
          connection.sql("INSERT OR REPLACE INTO meta (name, value) VALUES ('erasure_pending', ?)").run(randomUUID());
          operations.append(
            note,
            erased.map(({ key }) => key),
          );
        }
        return erased;
      }),
    /** Removes the traces from the database file and its WAL. False while another connection still reads them. */
    async removeTraces(): Promise<boolean> {
      removedId = readPendingId();
      await mergeFullText(connection);
      for (const wait of emptyWalWaits) {
        await delay(wait);
        if (connection.emptyWal()) return true;
      }
      return false;
    },
    /** True from `erase` until `complete`. */
    isPending: (): boolean => readPendingId() !== undefined,
    /** Records that no trace is left of anything erased before the last `removeTraces` began. */
    complete: (): Promise<void> =>
      connection.write(() => {
        connection.sql("DELETE FROM meta WHERE name = 'erasure_pending' AND value = ?").run(removedId ?? null);
      }),
  };
}

export type Erasure = ReturnType<typeof createErasure>;

/**
 * Rewrites the full-text index, because removed entries stay in its segments until these are merged. See the FTS5
 * documentation, "The 'merge' Command": a negative number of pages starts a merge, positive numbers continue it until a
 * step changes fewer than two rows. Repeats until there is nothing left to start, since other processes may write
 * during a merge.
 */
async function mergeFullText(connection: Connection): Promise<void> {
  const totalChanges = () => connection.sql<{ n: number }>('SELECT total_changes() AS n').get()?.n ?? 0;
  const merge = async (pages: number) => {
    const goesOn = await connection.write(() => {
      const before = totalChanges();
      connection.sql("INSERT INTO memory_text (memory_text, rank) VALUES ('merge', ?)").run(pages);
      return totalChanges() - before >= 2;
    }, 'bulk');
    await nextTurn();
    return goesOn;
  };
  while (await merge(-mergedPages)) {
    let more = true;
    while (more) more = await merge(mergedPages);
  }
}
