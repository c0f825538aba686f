import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createInFlight } from '../../../src/core/in-flight.ts';

describe('work in flight', () => {
  it('is waited for, together with the work that it starts', async () => {
    const inFlight = createInFlight();
    const ended: string[] = [];
    const second = async () => {
      await nextTurn();
      ended.push('second');
    };
    const first = async () => {
      await nextTurn();
      ended.push('first');
      void inFlight.track(second());
    };
    void inFlight.track(first());
    await inFlight.ended();
    expect(ended).toEqual(['first', 'second']);
    expect(inFlight.count()).toBe(0);
  });

  it('is left running when the limit is over', async () => {
    const inFlight = createInFlight();
    void inFlight.track(new Promise(() => {}));
    await inFlight.endedWithin(5);
    expect(inFlight.count()).toBe(1);
  });

  it('is no longer counted when it fails', async () => {
    const inFlight = createInFlight();
    await inFlight.track(Promise.reject(new Error('broken'))).catch(() => {});
    expect(inFlight.count()).toBe(0);
  });
});
