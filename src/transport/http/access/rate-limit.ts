/**
 * Limits how often something may happen for each of many keys: a bucket that holds one second's worth and refills
 * evenly. Used for the requests of a token or an address, and for tokens that turned out wrong.
 */
import type { Clock } from '../../../core/clock.ts';

export interface RateLimitDeps {
  /** Asked each time, so that a changed setting applies at once; 0 is no limit. */
  readonly perSecond: () => number;
  readonly clock: Clock;
}

/** The keys that are remembered; past it, those whose buckets are full again are forgotten. */
const rememberedKeys = 10_000;

export function createRateLimit({ perSecond, clock }: RateLimitDeps) {
  const buckets = new Map<string, { left: number; at: number }>();

  function bucketOf(key: string, rate: number): { left: number; at: number } {
    const now = clock.monotonic();
    const capacity = Math.max(1, rate);
    const known = buckets.get(key);
    const left =
      known === undefined ? capacity : Math.min(capacity, known.left + (Math.max(0, now - known.at) / 1_000) * rate);
    return { left, at: now };
  }

  function forgetFull(rate: number): void {
    for (const key of [...buckets.keys()]) {
      if (bucketOf(key, rate).left >= Math.max(1, rate)) buckets.delete(key);
    }
    // Whoever fills the memory with keys must not empty the buckets of others: the oldest go first.
    for (const key of buckets.keys()) {
      if (buckets.size <= rememberedKeys / 2) break;
      buckets.delete(key);
    }
  }

  return {
    /** Takes one; answers 0, or the whole seconds after which it is worth trying again. */
    take(key: string): number {
      const rate = perSecond();
      if (rate === 0) return 0;
      const bucket = bucketOf(key, rate);
      buckets.delete(key);
      buckets.set(key, bucket);
      if (bucket.left < 1) return Math.max(1, Math.ceil((1 - bucket.left) / rate));
      bucket.left -= 1;
      if (buckets.size > rememberedKeys) forgetFull(rate);
      return 0;
    },
  };
}

export type RateLimit = ReturnType<typeof createRateLimit>;
