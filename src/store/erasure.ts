/**
 * Permanent deletion: a memory leaves every table in one transaction, then every place where SQLite keeps old bytes.
 * What could not be finished (another connection still reads an older state) is noted in the file and finished later,
 * by whichever process comes first.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Memory, MemoryKey } from '../core/memory.ts';
import type { FullText } from './full-text.ts';
import type { MemoryTable } from './memory-table.ts';
import type { OperationLog, OperationNote } from './operation-log.ts';
import type { Connection } from './sqlite/connection.ts';
import type { VectorTable } from './vector-table.ts';

interface Parts {
  readonly connection: Connection;
  readonly memories: MemoryTable;
  readonly fullText: FullText;
  readonly vectors: VectorTable;
  readonly operations: OperationLog;
}

/** Readers end within milliseconds unless they hang; a few short waits are enough to tell. */
const emptyWalWaits = [0, 10, 30, 60, 100];
/** Pages of the full-text index that one transaction rewrites: about 20 ms on a slow machine. */
const mergedPages = 64;

export function createErasure({ connection, memories, fullText, vectors, operations }: Parts) {
  /** A new value with each erasure, so that finishing one cannot hide another that came in between. */
  const mark = () =>
    connection.sql<{ value: string }>("SELECT value FROM meta WHERE name = 'erasure_pending'").get()?.value;
  let removed: string | undefined;

  return {
    /** Deletes the rows for good and notes that their traces remain. Unknown keys are left out of the answer. */
    erase: (keys: readonly MemoryKey[], note?: OperationNote): Promise<Memory[]> =>
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
        if (erased.length > 0) {
          connection.sql("INSERT OR REPLACE INTO meta (name, value) VALUES ('erasure_pending', ?)").run(randomUUID());
          operations.append(
            note,
            erased.map(({ key }) => key),
          );
        }
        return erased;
      }),
    /** Removes the traces from this file and its WAL. False while another connection's read keeps them alive. */
    async removeTraces(): Promise<boolean> {
      removed = mark();
      await mergeFullText(connection);
      for (const wait of emptyWalWaits) {
        await delay(wait);
        if (connection.emptyWal()) return true;
      }
      return false;
    },
    /** True from `erase` until `complete`. */
    pending: (): boolean => mark() !== undefined,
    /** Says that nothing is left of what was erased before the last `removeTraces` began. */
    complete: (): Promise<void> =>
      connection.write(() => {
        connection.sql("DELETE FROM meta WHERE name = 'erasure_pending' AND value = ?").run(removed ?? null);
      }),
  };
}

export type Erasure = ReturnType<typeof createErasure>;

/**
 * Writes the full-text index anew: removed entries linger in its segments until these are merged. Source: the FTS5
 * documentation, "The 'merge' Command": a negative number of pages begins, positive ones go on until a step changes
 * less than two rows. Others may write meanwhile, so it ends only when there was nothing left to begin with.
 */
async function mergeFullText(connection: Connection): Promise<void> {
  const changed = () => connection.sql<{ n: number }>('SELECT total_changes() AS n').get()?.n ?? 0;
  const merge = (pages: number) =>
    connection.write(() => {
      const before = changed();
      connection.sql("INSERT INTO memory_text (memory_text, rank) VALUES ('merge', ?)").run(pages);
      return changed() - before >= 2;
    }, 'bulk');
  while (await merge(-mergedPages)) {
    let more = true;
    while (more) more = await merge(mergedPages);
  }
}
