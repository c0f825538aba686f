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
  /** The last two spans in which this process was active without a pause. */
  const spans: { readonly from: number; to: number }[] = [];

  function noteMoment(now: Date): void {
    const time = now.getTime();
    const current = spans.at(-1);
    if (current !== undefined && time - current.to < conversationGap) current.to = time;
    else spans.push({ from: time, to: time });
    if (spans.length > 2) spans.shift();
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
    /**
     * When the conversation before this one ended: the newest operation, of any process, that was followed by a pause of
     * 30 minutes. Some clients start a process per call, so a new process is no sign of a new conversation.
     */
    lastConversation(): Timestamp | undefined {
      const now = clock.now().getTime();
      const others = store.operations.activityOfOthers(process, new Date(now).toISOString());
      const known = [...spans, ...others.map((at) => ({ from: Date.parse(at), to: Date.parse(at) }))]
        .filter(({ to }) => to <= now)
        .toSorted((one, other) => other.to - one.to);
      let began = now;
      for (const { from, to } of known) {
        if (began - to >= conversationGap) return new Date(to).toISOString();
        began = Math.min(began, from);
      }
      return undefined;
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
