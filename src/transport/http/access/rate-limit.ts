/**
 * A token-bucket rate limit per key. Each bucket holds one second's worth and refills evenly. Limits the requests of an
 * access token or address, wrong access tokens, and log entries.
 */
import type { Clock } from '../../../core/clock.ts';

export interface RateLimitDeps {
  /** Read on each call, because the setting can change. 0 means no limit. */
  readonly perSecond: () => number;
  readonly clock: Clock;
}

/** Above this number of keys, full buckets are removed. */
const maximumKeys = 10_000;

export function createRateLimit({ perSecond, clock }: RateLimitDeps) {
  const buckets = new Map<string, { left: number; at: number }>();

  function refill(key: string, rate: number): { left: number; at: number } {
    const now = clock.monotonic();
    const capacity = Math.max(1, rate);
    const known = buckets.get(key);
    const left =
      known === undefined ? capacity : Math.min(capacity, known.left + (Math.max(0, now - known.at) / 1_000) * rate);
    return { left, at: now };
  }

  function removeBuckets(rate: number): void {
    for (const key of [...buckets.keys()]) {
      if (refill(key, rate).left >= Math.max(1, rate)) buckets.delete(key);
    }
    // If many keys are still in use, remove the least recently used ones.
    for (const key of buckets.keys()) {
      if (buckets.size <= maximumKeys / 2) break;
      buckets.delete(key);
    }
  }

  return {
    /** Takes one from the bucket. Returns 0, or the number of seconds to wait if it is empty. */
    take(key: string): number {
      const rate = perSecond();
      if (rate === 0) return 0;
      const bucket = refill(key, rate);
      buckets.delete(key);
      buckets.set(key, bucket);
      if (bucket.left < 1) return Math.max(1, Math.ceil((1 - bucket.left) / rate));
      bucket.left -= 1;
      if (buckets.size > maximumKeys) removeBuckets(rate);
      return 0;
    },
  };
}

export type RateLimit = ReturnType<typeof createRateLimit>;
