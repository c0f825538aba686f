/**
 * Records what this process does in one workspace. A write is recorded in its own transaction. Reads and accesses are
 * counted in memory and written when the workspace is idle. Also tells when the last conversation was. Stores no memory
 * text.
 */

import type { Clock } from '../core/clock.ts';
import type { MemoryKey, Timestamp } from '../core/memory.ts';
import { dayLength, minuteLength } from '../core/time/durations.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import type { OperationNote, ReadCount } from '../store/operation-log.ts';

interface ActivityDeps {
  readonly store: MemoryStore;
  readonly clock: Clock;
  /** Unique name of this process. */
  readonly process: string;
}

const conversationGap = 30 * minuteLength;
const keptDays = 400;

export function createActivity({ store, clock, process }: ActivityDeps) {
  /** Keyed by day and operation. */
  const reads = new Map<string, ReadCount>();
  const accesses = new Map<MemoryKey, { count: number; lastAt: Timestamp }>();
  /**
   * When this process was active, at most once a minute, newest last. Holds the times within the conversation gap and
   * the last one before it.
   */
  const moments: number[] = [];

  function noteMoment(now: Date): void {
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
    recordRead(operation: string, keys: readonly MemoryKey[], { readOnly }: { readOnly: boolean }): void {
      const now = clock.now();
      noteMoment(now);
      if (readOnly) return;
      const lastAt = now.toISOString();
      countRead({ operation, day: lastAt.slice(0, 10), count: 1, lastAt });
      for (const key of keys) countAccess(key, 1, lastAt);
    },
    /** The log entry of a write, to be stored in the transaction of the write itself. */
    note(operation: string, source: string): OperationNote {
      const now = clock.now();
      noteMoment(now);
      return { at: now.toISOString(), process, operation, source };
    },
    /** The newest operation of an earlier process, or of this one more than 30 minutes ago. */
    lastConversation(): Timestamp | undefined {
      const now = clock.now().getTime();
      const own = moments.findLast((moment) => moment <= now - conversationGap);
      const others = store.operations.lastActivityOfOthers(process, new Date(now).toISOString());
      const ownAt = own === undefined ? undefined : new Date(own).toISOString();
      return [ownAt, others]
        .filter((at) => at !== undefined)
        .toSorted()
        .at(-1);
    },
    /** Writes pending counts to the store. */
    async flush(): Promise<void> {
      if (reads.size === 0 && accesses.size === 0) return;
      const keepFrom = new Date(clock.now().getTime() - keptDays * dayLength).toISOString().slice(0, 10);
      const usage = { process, keepFrom, reads: [...reads.values()], accesses: new Map(accesses) };
      reads.clear();
      accesses.clear();
      try {
        await store.operations.recordUsage(usage);
      } catch (error) {
        for (const count of usage.reads) countRead(count);
        for (const [key, { count, lastAt }] of usage.accesses) countAccess(key, count, lastAt);
        throw error;
      }
    },
  };
}

export type Activity = ReturnType<typeof createActivity>;
