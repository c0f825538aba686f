/** Waiting for a thing to happen, instead of for a time. */
import { setTimeout as delay } from 'node:timers/promises';

/** Polls until `condition` holds. Fails with `what` after half a minute. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const deadline = performance.now() + 30_000; !(await condition()); await delay(10)) {
    if (performance.now() > deadline) throw new Error(`did not happen in half a minute: ${what}`);
  }
}
