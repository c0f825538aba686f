/**
 * Schedules the work of the inference process: queries first, then background work, and within both one step of each
 * server in turn. Work runs in steps, because a running inference cannot be interrupted. A step is one chunk, one pair
 * or one model to load. The event loop runs between steps, which lets new queries and cancellations arrive.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { InferencePriority } from './inference-protocol.ts';

export interface QueuedWork {
  /** For `cancel`. */
  readonly id?: number | undefined;
  readonly priority: InferencePriority;
  /** The server that asked, by a number. */
  readonly from: number;
  /** Each `yield` ends a step. The generator reports its own result and errors. */
  readonly steps: AsyncGenerator<void, void>;
}

export function createInferenceQueue() {
  const waiting: Record<InferencePriority, QueuedWork[]> = { interactive: [], background: [] };
  let running = false;

  const run = async () => {
    running = true;
    for (;;) {
      const queue = waiting.interactive.length > 0 ? waiting.interactive : waiting.background;
      const work = queue[0];
      if (work === undefined) break;
      const { done } = await work.steps.next();
      if (done === true) remove((other) => other === work);
      letOthersGoFirst(queue, work.from);
      await nextTurn();
    }
    running = false;
  };
  /** Moves the work of a server behind the work of all others, which keeps the order within each server. */
  const letOthersGoFirst = (queue: QueuedWork[], from: number) => {
    if (queue.every((work) => work.from === from)) return;
    const own = queue.filter((work) => work.from === from);
    const others = queue.filter((work) => work.from !== from);
    queue.splice(0, queue.length, ...others, ...own);
  };
  const remove = (isMeant: (work: QueuedWork) => boolean) => {
    for (const queue of Object.values(waiting)) {
      const index = queue.findIndex(isMeant);
      if (index >= 0) return queue.splice(index, 1)[0];
    }
    return undefined;
  };
  return {
    add: (work: QueuedWork): void => {
      waiting[work.priority].push(work);
      if (!running) void run();
    },
    /** Drops the work before its next step. No result is reported. */
    cancel: (id: number): void => {
      void remove((work) => work.id === id)?.steps.return();
    },
  };
}

export type InferenceQueue = ReturnType<typeof createInferenceQueue>;
