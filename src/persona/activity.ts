/**
 * What this process has done in one workspace: reads and accesses are counted in memory and written on idle, writes at
 * once. It also answers when the last conversation was. Nothing here holds any text.
 */
import type { Clock } from '../core/clock.ts';
import type { MemoryKey, Timestamp } from '../core/memory.ts';
import type { MemoryStore } from '../store/memory-store.ts';

export interface Activity {
  /** Counts a read of these memories. A read-only caller leaves no trace on them. */
  read(operation: string, keys: readonly MemoryKey[], caller: { readOnly: boolean }): void;
  wrote(operation: string, keys: readonly MemoryKey[], source: string): Promise<void>;
  /** The newest operation of an earlier process, or of this one more than 30 minutes ago. */
  lastConversation(): Timestamp | undefined;
  /** Writes the counts. */
  flush(): Promise<void>;
}

const conversationGap = 30 * 60_000;
const keptDays = 400;
const dayLength = 86_400_000;

export function createActivity({
  store,
  clock,
  process,
}: {
  store: MemoryStore;
  clock: Clock;
  process: string;
}): Activity {
  const reads = new Map<string, { operation: string; day: string; count: number; lastAt: Timestamp }>();
  const accesses = new Map<MemoryKey, { count: number; lastAt: Timestamp }>();
  /** Own moments, at most one a minute, newest last; only the last one beyond the gap and those within it matter. */
  const moments: number[] = [];

  function remember(now: Date): void {
    const time = now.getTime();
    if (time - (moments.at(-1) ?? 0) >= 60_000) moments.push(time);
    while ((moments[1] ?? time) <= time - conversationGap) moments.shift();
  }

  return {
    read(operation, keys, { readOnly }) {
      const now = clock.now();
      remember(now);
      if (readOnly) return;
      const lastAt = now.toISOString();
      const day = lastAt.slice(0, 10);
      const known = reads.get(`${day} ${operation}`);
      reads.set(`${day} ${operation}`, { operation, day, count: (known?.count ?? 0) + 1, lastAt });
      for (const key of keys) accesses.set(key, { count: (accesses.get(key)?.count ?? 0) + 1, lastAt });
    },
    async wrote(operation, keys, source) {
      const now = clock.now();
      remember(now);
      await store.operations.record({ at: now.toISOString(), process, operation, source, keys });
    },
    lastConversation() {
      const now = clock.now().getTime();
      const own = moments.findLast((moment) => moment <= now - conversationGap);
      const others = store.operations.lastOfOthers(process);
      const ownAt = own === undefined ? undefined : new Date(own).toISOString();
      return [ownAt, others]
        .filter((at) => at !== undefined)
        .toSorted()
        .at(-1);
    },
    async flush() {
      if (reads.size === 0 && accesses.size === 0) return;
      const usage = {
        process,
        keepFrom: new Date(clock.now().getTime() - keptDays * dayLength).toISOString().slice(0, 10),
        reads: [...reads.values()],
        accesses: new Map(accesses),
      };
      reads.clear();
      accesses.clear();
      await store.operations.report(usage);
    },
  };
}
