/**
 * The only place that reads the system's time. Everything else is handed a `Clock`, so that a test can set it.
 */
export interface Clock {
  now(): Date;
  /** Milliseconds that never run backwards, for measuring how long something took. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
};
