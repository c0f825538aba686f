/**
 * Schedules the work of the inference process: queries first, then background work. Work runs in steps, because a
 * running inference cannot be interrupted. A step is one chunk, one pair or one model to load. The event loop runs
 * between steps, which lets new queries and cancellations arrive.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { InferencePriority } from './inference-protocol.ts';

export interface QueuedWork {
  readonly id: number;
  readonly priority: InferencePriority;
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
      if (done === true) remove(work.id);
      await nextTurn();
    }
    running = false;
  };
  const remove = (id: number) => {
    for (const queue of Object.values(waiting)) {
      const index = queue.findIndex((work) => work.id === id);
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
      void remove(id)?.steps.return();
    },
  };
}

export type InferenceQueue = ReturnType<typeof createInferenceQueue>;
