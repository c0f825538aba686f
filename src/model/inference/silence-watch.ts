/**
 * Notices that a process hangs. It counts its own ticks instead of measuring time, because a server that was suspended
 * or busy itself must not blame the other side: however long it was away, that is one tick.
 */
export interface SilenceWatchDeps {
  /** The silence that is allowed at the moment, in milliseconds. */
  readonly limit: () => number;
  /** The shortest limit there can be. */
  readonly shortestLimit: number;
  /** Called when the limit is reached, and again if the silence goes on for as long. */
  readonly onSilence: (milliseconds: number) => void;
}

const ticksPerLimit = 20;

export function createSilenceWatch({ limit, shortestLimit, onSilence }: SilenceWatchDeps) {
  const interval = shortestLimit / ticksPerLimit;
  let silentTicks = 0;
  let timer: NodeJS.Timeout | undefined;

  const check = () => {
    silentTicks += 1;
    const silence = silentTicks * interval;
    if (silence < limit()) return;
    silentTicks = 0;
    onSilence(silence);
  };

  return {
    /** Does nothing if it runs already. */
    start: (): void => {
      if (timer !== undefined) return;
      silentTicks = 0;
      timer = setInterval(check, interval).unref();
    },
    /** Something was heard. */
    reset: (): void => {
      silentTicks = 0;
    },
    stop: (): void => {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
