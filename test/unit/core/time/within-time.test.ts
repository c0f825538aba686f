import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withinTime } from '../../../../src/core/time/within-time.ts';

const never = new Promise<string>(() => {});

describe('waiting with a limit', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('answers with the result of work that ends in time, and leaves no timer behind', async () => {
    expect(await withinTime(Promise.resolve('done'), 60_000)).toBe('done');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('answers undefined when the work takes longer', async () => {
    const answer = withinTime(never, 5_000);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await answer).toBeUndefined();
  });

  it('passes a failure on, and leaves no timer behind', async () => {
    await expect(withinTime(Promise.reject(new Error('broken')), 60_000)).rejects.toThrow('broken');
    expect(vi.getTimerCount()).toBe(0);
  });
});
