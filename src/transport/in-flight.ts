/**
 * What is still running, so that an orderly end can wait for it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

export interface Unfinished {
  /** Counts `work` until it ends, and answers with it. */
  track<Value>(work: Promise<Value>): Promise<Value>;
  count(): number;
  /** Resolves when nothing is running, at the latest after so many milliseconds. */
  settled(limit: number): Promise<void>;
}

export function createUnfinished(): Unfinished {
  const running = new Set<Promise<unknown>>();

  async function allEnded(): Promise<void> {
    do {
      await Promise.allSettled(running);
      // What has ended may have begun something else in the same turn.
      await nextTurn();
    } while (running.size > 0);
  }

  return {
    track(work) {
      running.add(work);
      const forget = () => void running.delete(work);
      work.then(forget, forget);
      return work;
    },
    count: () => running.size,
    async settled(limit) {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, limit);
      });
      await Promise.race([allEnded(), timeout]);
      clearTimeout(timer);
    },
  };
}
