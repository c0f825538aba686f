/**
 * What is still running, so that an orderly end can wait for it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

export function createUnfinished() {
  const running = new Set<Promise<unknown>>();

  async function allEnded(): Promise<void> {
    do {
      await Promise.allSettled(running);
      // What has ended may have begun something else in the same turn.
      await nextTurn();
    } while (running.size > 0);
  }

  return {
    /** Counts `work` until it ends, and answers with it. */
    track<Value>(work: Promise<Value>): Promise<Value> {
      running.add(work);
      const forget = () => void running.delete(work);
      work.then(forget, forget);
      return work;
    },
    count: (): number => running.size,
    /** Resolves when nothing is running, at the latest after so many milliseconds. */
    async settled(limit: number): Promise<void> {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, limit);
      });
      await Promise.race([allEnded(), timeout]);
      clearTimeout(timer);
    },
  };
}

export type Unfinished = ReturnType<typeof createUnfinished>;
