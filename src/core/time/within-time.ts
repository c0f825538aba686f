/**
 * Waiting with a limit. The timer is cleared as soon as the work has ended, and never keeps a process alive.
 */

/** The result of `work`, or `undefined` if it takes longer than `milliseconds`. The work itself goes on. */
export async function withinTime<Value>(work: Promise<Value>, milliseconds: number): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
    timer.unref();
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
