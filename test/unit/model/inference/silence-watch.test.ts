import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSilenceWatch } from '../../../../src/model/inference/silence-watch.ts';
import { until } from '../../../support/until.ts';

function startWatch(limit: number) {
  const silences: number[] = [];
  const watch = createSilenceWatch({
    limit: () => limit,
    shortestLimit: limit,
    onSilence: (milliseconds) => silences.push(milliseconds),
  });
  onTestFinished(() => watch.stop());
  watch.start();
  return { watch, silences };
}

/** Stands still as a whole, as a process does that is suspended. */
const standStill = (milliseconds: number) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
};

describe('the watch for silence', () => {
  it('reports a silence that reaches the limit, and again if it goes on', async () => {
    const { silences } = startWatch(200);
    await until(() => silences.length === 2, 'two limits have passed');
    expect(silences).toEqual([200, 200]);
  });

  it('does not blame the other side for the time in which this process stood still itself', async () => {
    const { silences } = startWatch(2_000);
    standStill(4_000);
    // Every timer that is due runs now.
    await pause(1);
    expect(silences).toEqual([]);
  });

  it('begins again with everything that is heard', async () => {
    const { watch, silences } = startWatch(1_000);
    for (let heard = 0; heard < 20; heard++) {
      await pause(100);
      watch.reset();
    }
    expect(silences).toEqual([]);
  });

  it('is quiet once it is stopped', async () => {
    const { watch, silences } = startWatch(100);
    watch.stop();
    await pause(400);
    expect(silences).toEqual([]);
  });
});
