/**
 * Tracks the work that is running, for those who must wait until it has ended.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { withinTime } from './time/within-time.ts';

export function createInFlight() {
  const running = new Set<Promise<unknown>>();

  async function ended(): Promise<void> {
    do {
      await Promise.allSettled(running);
      // Work that has ended may have started more in the same turn.
      await nextTurn();
    } while (running.size > 0);
  }

  return {
    /** Counts `work` until it ends, and returns it. */
    track<Value>(work: Promise<Value>): Promise<Value> {
      running.add(work);
      const remove = () => void running.delete(work);
      work.then(remove, remove);
      return work;
    },
    count: (): number => running.size,
    ended,
    /** Resolves when nothing is running, or after `milliseconds`. */
    async endedWithin(milliseconds: number): Promise<void> {
      await withinTime(ended(), milliseconds);
    },
  };
}

export type InFlight = ReturnType<typeof createInFlight>;
