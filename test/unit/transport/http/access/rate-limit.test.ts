import { describe, expect, it } from 'vitest';
import { createRateLimit } from '../../../../../src/transport/http/access/rate-limit.ts';

describe('a rate limit', () => {
  let now = 0;
  const clock = { now: () => new Date(now), monotonic: () => now };
  const taken = (limit: { take(key: string): number }, key: string, count: number) =>
    Array.from({ length: count }, () => limit.take(key)).filter((seconds) => seconds === 0).length;

  it('lets one second’s worth through at once, and then as much as the rate', () => {
    const limit = createRateLimit({ perSecond: () => 10, clock });
    expect(taken(limit, 'a', 25)).toBe(10);
    now += 500;
    expect(taken(limit, 'a', 25)).toBe(5);
    now += 60_000;
    expect(taken(limit, 'a', 25)).toBe(10);
  });

  it('counts each key separately', () => {
    const limit = createRateLimit({ perSecond: () => 2, clock });
    expect([taken(limit, 'a', 5), taken(limit, 'b', 5)]).toEqual([2, 2]);
  });

  it('is no limit at 0, and follows a changed setting at once', () => {
    let rate = 0;
    const limit = createRateLimit({ perSecond: () => rate, clock });
    expect(taken(limit, 'a', 1_000)).toBe(1_000);
    rate = 3;
    expect(taken(limit, 'a', 1_000)).toBe(3);
    rate = 0;
    expect(taken(limit, 'a', 1_000)).toBe(1_000);
  });

  it('says after how many seconds it is worth trying again', () => {
    const limit = createRateLimit({ perSecond: () => 0.1, clock });
    expect(limit.take('a')).toBe(0);
    expect(limit.take('a')).toBe(10);
    now += 9_000;
    expect(limit.take('a')).toBe(1);
    now += 1_000;
    expect(limit.take('a')).toBe(0);
  });

  it('keeps limiting a key while thousands of others appear', () => {
    const limit = createRateLimit({ perSecond: () => 5, clock });
    for (let round = 0; round < 20; round++) {
      taken(limit, 'busy', 10);
      for (let other = 0; other < 2_000; other++) limit.take(`${round} ${other}`);
    }
    expect(limit.take('busy')).toBeGreaterThan(0);
  });
});
