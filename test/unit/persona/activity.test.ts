/** What is noted about the use of a store: writes at once, reads on idle, and when the last conversation was. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createActivity } from '../../../src/persona/activity.ts';
import type { MemoryStore } from '../../../src/store/memory-store.ts';
import { openMemoryStore } from '../../../src/store/memory-store.ts';
import { draft, now, openTestStore, settableClock, testFolder } from '../../support/stores.ts';

const minute = 60_000;
const owner = { readOnly: false };

function activityOn(store: MemoryStore, process = 'this') {
  const clock = settableClock(now);
  return { clock, activity: createActivity({ store, clock, process }) };
}

describe('reads', () => {
  it('are counted by day and operation, and written only when asked', async () => {
    const store = await openTestStore();
    const { memory } = await store.memories.create(draft('one'));
    const { activity, clock } = activityOn(store);
    activity.recordRead('memory_search', [memory.key], owner);
    clock.advance(minute);
    activity.recordRead('memory_search', [memory.key], owner);
    activity.recordRead('memory_list', [], owner);
    expect(store.operations.countsSince('2026-01-01')).toEqual([]);
    expect(store.memories.read(memory.key)?.access_count).toBe(0);
    await activity.flush();
    await activity.flush();
    expect(store.operations.countsSince('2026-11-24')).toEqual([
      { operation: 'memory_list', count: 1 },
      { operation: 'memory_search', count: 2 },
    ]);
    expect(store.memories.read(memory.key)).toMatchObject({
      access_count: 2,
      last_accessed_at: '2026-11-24T00:31:00.000Z',
      version: 1,
      updated_at: memory.updated_at,
    });
  });

  it('never set the time of the last access back', async () => {
    const store = await openTestStore();
    const { memory } = await store.memories.create(draft('one'));
    const [early, late] = [activityOn(store, 'early'), activityOn(store, 'late')];
    early.activity.recordRead('memory_read', [memory.key], owner);
    late.clock.advance(minute);
    late.activity.recordRead('memory_read', [memory.key], owner);
    await late.activity.flush();
    await early.activity.flush();
    expect(store.memories.read(memory.key)).toMatchObject({
      access_count: 2,
      last_accessed_at: '2026-11-24T00:31:00.000Z',
    });
  });

  it('of a caller that may only read leave no trace', async () => {
    const store = await openTestStore();
    const { memory } = await store.memories.create(draft('one'));
    const { activity } = activityOn(store);
    activity.recordRead('memory_read', [memory.key], { readOnly: true });
    await activity.flush();
    expect(store.operations.countsSince('2026-01-01')).toEqual([]);
    expect(store.memories.read(memory.key)?.access_count).toBe(0);
  });

  it('are not lost when they cannot be written', async () => {
    const path = join(testFolder(), 'memory.sqlite');
    const first = await openMemoryStore({ path, persona: 'tester', busyTimeout: 10 });
    const { memory } = await first.memories.create(draft('one'));
    const { activity } = activityOn({ ...first, operations: { ...first.operations, recordUsage: failOnce(first) } });
    activity.recordRead('memory_read', [memory.key], owner);
    await expect(activity.flush()).rejects.toThrow('the disk is full');
    activity.recordRead('memory_read', [memory.key], owner);
    await activity.flush();
    expect(first.operations.countsSince('2026-01-01')).toEqual([{ operation: 'memory_read', count: 2 }]);
    expect(first.memories.read(memory.key)?.access_count).toBe(2);
    await first.close();
  });

  function failOnce(store: MemoryStore): MemoryStore['operations']['recordUsage'] {
    let failed = false;
    return async (usage) => {
      if (failed) return store.operations.recordUsage(usage);
      failed = true;
      throw new Error('the disk is full');
    };
  }
});

describe('writes', () => {
  it('are noted with the memory, in one transaction', async () => {
    const store = await openTestStore();
    const { activity } = activityOn(store);
    const note = activity.note('memory_create', 'claude');
    await store.memories.create(draft('one'), note);
    expect(store.operations.countsSince('2026-11-24')).toEqual([{ operation: 'memory_create', count: 1 }]);
    // A write that is refused leaves no note.
    await expect(store.memories.update('memory_unknown', { importance: 1 }, { now, note })).rejects.toThrow();
    await store.erasure.erase(['memory_unknown'], note);
    expect(store.operations.countsSince('2026-11-24')).toEqual([{ operation: 'memory_create', count: 1 }]);
  });
});

describe('the last conversation', () => {
  it('is none at first, and looking for it changes nothing', async () => {
    const store = await openTestStore();
    const { activity } = activityOn(store);
    expect(activity.lastConversation()).toBeUndefined();
    activity.recordRead('get_context', [], owner);
    await store.memories.create(draft('one'), activity.note('memory_create', 'tests'));
    expect([activity.lastConversation(), activity.lastConversation()]).toEqual([undefined, undefined]);
  });

  it('ended with the newest operation of an earlier process, read or write, before a pause of 30 minutes', async () => {
    const store = await openTestStore();
    const earlier = activityOn(store, 'earlier');
    await store.memories.create(draft('one'), earlier.activity.note('memory_create', 'tests'));
    const { activity, clock } = activityOn(store, 'this');
    clock.advance(29 * minute);
    expect(activity.lastConversation()).toBeUndefined();
    clock.advance(minute);
    expect(activity.lastConversation()).toBe(now);
    earlier.clock.advance(5 * minute);
    clock.advance(5 * minute);
    earlier.activity.recordRead('memory_search', [], owner);
    await earlier.activity.flush();
    expect(activity.lastConversation()).toBe('2026-11-24T00:35:00.000Z');
  });

  it('goes on where each call has a process of its own', async () => {
    const store = await openTestStore();
    for (const [index, at] of [0, 120, 121, 140, 169].entries()) {
      const { activity, clock } = activityOn(store, `process ${index}`);
      clock.advance(at * minute);
      if (index % 2 === 0) {
        await store.memories.create(draft(`${index}`), activity.note('memory_create', 'tests'));
      } else {
        activity.recordRead('memory_search', [], owner);
        await activity.flush();
      }
    }
    const { activity, clock } = activityOn(store, 'the next one');
    clock.advance(169 * minute);
    expect(activity.lastConversation()).toBe(now);
    clock.advance(30 * minute);
    expect(activity.lastConversation()).toBe('2026-11-24T03:19:00.000Z');
  });

  it('is not in the future, where an earlier process had a wrong clock', async () => {
    const store = await openTestStore();
    const { activity } = activityOn(store);
    const wrong = activityOn(store, 'wrong');
    wrong.clock.advance(73 * 365 * 24 * 60 * minute);
    await store.memories.create(draft('one'), wrong.activity.note('memory_create', 'tests'));
    wrong.activity.recordRead('memory_search', [], owner);
    await wrong.activity.flush();
    expect(activity.lastConversation()).toBeUndefined();
  });

  it('is of this process where a pause of 30 minutes lies between', async () => {
    const store = await openTestStore();
    const { activity, clock } = activityOn(store);
    activity.recordRead('memory_search', [], owner);
    clock.advance(29 * minute);
    expect(activity.lastConversation()).toBeUndefined();
    clock.advance(minute);
    expect(activity.lastConversation()).toBe(now);
    // A long conversation goes on: it is not the last one while it lasts.
    for (let step = 0; step < 10; step++) {
      activity.recordRead('memory_search', [], owner);
      clock.advance(10 * minute);
    }
    expect(activity.lastConversation()).toBe(now);
    clock.advance(20 * minute);
    expect(activity.lastConversation()).toBe('2026-11-24T02:30:00.000Z');
  });
});

it('counts that are older than 400 days are dropped', async () => {
  const store = await openTestStore();
  const { activity, clock } = activityOn(store);
  clock.set('2025-01-01T00:00:00.000Z');
  activity.recordRead('memory_search', [], owner);
  await activity.flush();
  clock.set(now);
  activity.recordRead('memory_list', [], owner);
  await activity.flush();
  expect(store.operations.countsSince('2000-01-01')).toEqual([{ operation: 'memory_list', count: 1 }]);
});
