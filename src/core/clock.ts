/**
 * The only place that reads the system's time. Everything else is handed a `Clock`, which a test can set.
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
