import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { InferencePriority } from '../../../../src/model/inference/inference-protocol.ts';
import { createInferenceQueue } from '../../../../src/model/inference/inference-queue.ts';
import { until } from '../../../support/until.ts';

/** A queue, and the steps that it has run, each by the name of its work. */
function openQueue() {
  const queue = createInferenceQueue();
  const ran: string[] = [];
  let lastId = 0;
  let waiting = 0;
  const add = (
    name: string,
    from: number,
    steps: number,
    priority: InferencePriority = 'background',
    onStep = () => {},
  ) => {
    lastId += 1;
    waiting += 1;
    const run = async function* (): AsyncGenerator<void, void> {
      for (let step = 1; step <= steps; step++) {
        ran.push(name);
        onStep();
        await nextTurn();
        if (step < steps) yield;
      }
      waiting -= 1;
    };
    queue.add({ id: lastId, priority, from, steps: run() });
    return lastId;
  };
  return { add, ran, cancel: queue.cancel, whenDone: () => until(() => waiting === 0, 'the queue is empty') };
}

describe('the queue of the inference process', () => {
  it('runs one step of each server in turn, and the work of each server in order', async () => {
    const { add, ran, whenDone } = openQueue();
    add('a1', 1, 3);
    add('a2', 1, 1);
    add('b1', 2, 2);
    add('c1', 3, 1);
    await whenDone();
    expect(ran).toEqual(['a1', 'b1', 'c1', 'a1', 'b1', 'a1', 'a2']);
  });

  it('lets what comes meanwhile wait for one step, however much another server has asked before', async () => {
    const { add, ran, whenDone } = openQueue();
    for (let n = 0; n < 100; n++) {
      const onStep = n === 3 ? () => void add('late', 2, 2) : undefined;
      add(`long ${n}`, 1, 1, 'background', onStep);
    }
    await whenDone();
    expect(ran.slice(3, 8)).toEqual(['long 3', 'late', 'long 4', 'late', 'long 5']);
  });

  it('runs questions of any server before background work, in turn as well', async () => {
    const { add, ran, whenDone } = openQueue();
    add('background', 1, 2, 'background', () => {
      if (ran.length > 1) return;
      add('question of 1', 1, 2, 'interactive');
      add('question of 2', 2, 2, 'interactive');
    });
    await whenDone();
    const questions = ['question of 1', 'question of 2', 'question of 1', 'question of 2'];
    expect(ran).toEqual(['background', ...questions, 'background']);
  });

  it('forgets what is cancelled, and nothing else', async () => {
    const { add, ran, cancel } = openQueue();
    add('a', 1, 2);
    const unwanted = add('b', 2, 5);
    add('c', 3, 1);
    cancel(unwanted);
    await until(() => ran.length === 3, 'the rest has run');
    expect(ran).toEqual(['a', 'c', 'a']);
  });
});
