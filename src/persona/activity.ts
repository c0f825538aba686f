/**
 * What this process has done in one workspace: writes are noted in their own transaction, reads and accesses are
 * counted in memory and written when idle. It also answers when the last conversation was. Nothing here holds any text.
 */

import type { Clock } from '../core/clock.ts';
import type { MemoryKey, Timestamp } from '../core/memory.ts';
import { dayLength, minuteLength } from '../core/time/durations.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import type { OperationNote, ReadCount } from '../store/operation-log.ts';

interface Parts {
  readonly store: MemoryStore;
  readonly clock: Clock;
  /** A name for this process that no other has. */
  readonly process: string;
}

const conversationGap = 30 * minuteLength;
const keptDays = 400;

export function createActivity({ store, clock, process }: Parts) {
  /** By day and operation. */
  const reads = new Map<string, ReadCount>();
  const accesses = new Map<MemoryKey, { count: number; lastAt: Timestamp }>();
  /** Own moments, at most one a minute, newest last; only the last one beyond the gap and those within it matter. */
  const moments: number[] = [];

  function remember(now: Date): void {
    const time = now.getTime();
    if (time - (moments.at(-1) ?? 0) >= minuteLength) moments.push(time);
    while ((moments[1] ?? time) <= time - conversationGap) moments.shift();
  }

  function countRead({ operation, day, count, lastAt }: ReadCount): void {
    const known = reads.get(`${day} ${operation}`)?.count ?? 0;
    reads.set(`${day} ${operation}`, { operation, day, count: known + count, lastAt });
  }

  function countAccess(key: MemoryKey, count: number, lastAt: Timestamp): void {
    accesses.set(key, { count: (accesses.get(key)?.count ?? 0) + count, lastAt });
  }

  return {
    /** Counts a read of these memories. A read-only caller leaves no trace on them. */
    read(operation: string, keys: readonly MemoryKey[], { readOnly }: { readOnly: boolean }): void {
      const now = clock.now();
      remember(now);
      if (readOnly) return;
      const lastAt = now.toISOString();
      countRead({ operation, day: lastAt.slice(0, 10), count: 1, lastAt });
      for (const key of keys) countAccess(key, 1, lastAt);
    },
    /** What a write that is about to be done notes about itself, in its own transaction. */
    note(operation: string, source: string): OperationNote {
      const now = clock.now();
      remember(now);
      return { at: now.toISOString(), process, operation, source };
    },
    /** The newest operation of an earlier process, or of this one more than 30 minutes ago. */
    lastConversation(): Timestamp | undefined {
      const now = clock.now().getTime();
      const own = moments.findLast((moment) => moment <= now - conversationGap);
      const others = store.operations.lastOfOthers(process);
      const ownAt = own === undefined ? undefined : new Date(own).toISOString();
      return [ownAt, others]
        .filter((at) => at !== undefined)
        .toSorted()
        .at(-1);
    },
    /** Writes what is not written yet. */
    async flush(): Promise<void> {
      if (reads.size === 0 && accesses.size === 0) return;
      const keepFrom = new Date(clock.now().getTime() - keptDays * dayLength).toISOString().slice(0, 10);
      const usage = { process, keepFrom, reads: [...reads.values()], accesses: new Map(accesses) };
      reads.clear();
      accesses.clear();
      try {
        await store.operations.report(usage);
      } catch (error) {
        for (const count of usage.reads) countRead(count);
        for (const [key, { count, lastAt }] of usage.accesses) countAccess(key, count, lastAt);
        throw error;
      }
    },
  };
}

export type Activity = ReturnType<typeof createActivity>;
