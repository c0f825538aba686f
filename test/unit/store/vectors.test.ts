/** Vectors and their queue: what belongs to which text, what is still to do, and who does it. */
import { describe, expect, it } from 'vitest';
import type { MemoryStore } from '../../../src/store/memory-store.ts';
import { draft, live, now, openTestStore } from '../../support/stores.ts';

const space = { id: 'model-a', dimensions: 2 };
const other = { id: 'model-b', dimensions: 3 };
const east = Float32Array.of(1, 0);
const north = Float32Array.of(0, 1);

async function withMemories(...texts: string[]) {
  const store = await openTestStore();
  const memories = [];
  for (const text of texts) memories.push((await store.memories.create(draft(text))).memory);
  return { store, memories };
}

const waiting = (store: MemoryStore) => store.queue.next(space.id, 10).map(({ content }) => content);

describe('vectors', () => {
  it('come back bit by bit, chunk by chunk, as arrays of their own', async () => {
    const { store, memories } = await withMemories('one');
    const vector = Float32Array.of(-0, Math.fround(0.99999994));
    await store.vectors.put(memories[0] ?? never(), space, [vector, north]);
    const [first, second] = store.vectors.ofMemories([memories[0]?.id ?? 0], space);
    expect(first?.vector).toEqual(vector);
    expect(second).toMatchObject({ memoryId: memories[0]?.id, vector: north });
    expect(first?.vector.buffer.byteLength).toBe(8);
    expect(first?.vector.buffer).not.toBe(second?.vector.buffer);
  });

  it('of a text that has changed meanwhile are thrown away', async () => {
    const { store, memories } = await withMemories('one');
    const embedded = memories[0] ?? never();
    await store.memories.update(embedded.key, { content: 'two' }, { now });
    expect(await store.vectors.put(embedded, space, [east])).toBe(false);
    await store.erasure.erase([embedded.key]);
    expect(await store.vectors.put({ id: embedded.id, version: 2 }, space, [east])).toBe(false);
    expect(store.vectors.count(space)).toBe(0);
  });

  it('go with the content, and stay when only other fields change', async () => {
    const { store, memories } = await withMemories('one');
    const memory = memories[0] ?? never();
    await store.vectors.put(memory, space, [east, north]);
    await store.vectors.put(memory, other, [Float32Array.of(1, 0, 0)]);
    await store.memories.update(memory.key, { tags: ['x'], importance: 1 }, { now });
    await store.memories.softDelete([memory.key], now);
    expect(store.vectors.count(space)).toBe(2);
    await store.memories.restore(memory.key, undefined, now);
    expect(store.vectors.count(space)).toBe(2);
    await store.memories.update(memory.key, { content: 'two' }, { now });
    expect([store.vectors.count(space), store.vectors.count(other)]).toEqual([0, 0]);
  });

  it('stay unchanged when another process stores them too', async () => {
    const { store, memories } = await withMemories('one');
    const memory = memories[0] ?? never();
    await store.vectors.put(memory, space, [east, north]);
    const latest = store.changes.latest();
    expect(await store.vectors.put(memory, space, [north])).toBe(true);
    expect(store.vectors.page(space, 0, 10).vectors.map(({ id, chunk }) => [id, chunk])).toEqual([
      [1, 0],
      [2, 1],
    ]);
    expect(store.changes.latest()).toBe(latest);
  });

  it('of a text that has changed have new ids', async () => {
    const { store, memories } = await withMemories('one');
    const memory = memories[0] ?? never();
    await store.vectors.put(memory, space, [east, north]);
    const changed = await store.memories.update(memory.key, { content: 'two' }, { now });
    await store.vectors.put(changed, space, [north]);
    expect(store.vectors.page(space, 0, 10).vectors.map(({ id, chunk }) => [id, chunk])).toEqual([[3, 0]]);
    expect(store.vectors.byIds([1, 3], space).size).toBe(1);
    expect(store.vectors.byIds([3], other).size).toBe(0);
    expect(store.vectors.owners([1, 3])).toEqual(new Map([[3, memory.id]]));
  });

  it('of other spaces are removed step by step', async () => {
    const { store, memories } = await withMemories('one', 'two', 'three');
    for (const memory of memories) {
      await store.vectors.put(memory, space, [east]);
      await store.vectors.put(memory, other, [Float32Array.of(1, 0, 0)]);
    }
    expect(store.vectors.hasOtherSpaces(other)).toBe(true);
    expect(await store.vectors.dropOtherSpaces([other.id], 2)).toBe(2);
    expect(await store.vectors.dropOtherSpaces([other.id], 2)).toBe(1);
    expect(store.vectors.hasOtherSpaces(other)).toBe(false);
    expect(store.vectors.hasOtherSpaces(space)).toBe(true);
    expect(await store.vectors.dropOtherSpaces([other.id], 2)).toBe(0);
    expect([store.vectors.count(space), store.vectors.count(other)]).toEqual([0, 3]);
  });

  it('belong to the current space; switching it starts a new epoch', async () => {
    const { store, memories } = await withMemories('one');
    expect(store.vectors.currentSpace()).toBeUndefined();
    await store.vectors.put(memories[0] ?? never(), space, [east]);
    expect(store.vectors.currentSpace()).toEqual(space);
    const { storeId, epoch } = store.identity();
    await store.vectors.switchTo(other);
    expect(store.vectors.currentSpace()).toEqual(other);
    expect(store.identity().storeId).toBe(storeId);
    expect(store.identity().epoch).not.toBe(epoch);
  });

  it('are sampled deterministically, and only from their space', async () => {
    const { store, memories } = await withMemories(...Array.from({ length: 40 }, (_, index) => `text ${index}`));
    for (const memory of memories) await store.vectors.put(memory, space, [east]);
    const sample = store.vectors.sample(space, 10);
    expect(sample).toHaveLength(10);
    expect(store.vectors.sample(space, 100)).toHaveLength(40);
    expect(store.vectors.sample(other, 10)).toEqual([]);
    const gone = memories.filter(({ id }) => !sample.includes(id)).map(({ key }) => key);
    await store.erasure.erase(gone);
    expect(store.vectors.sample(space, 10)).toEqual(sample);
  });
});

describe('the queue', () => {
  it('holds live memories without a vector, the newest first', async () => {
    const { store, memories } = await withMemories('one', 'two', 'three');
    expect(waiting(store)).toEqual(['three', 'two', 'one']);
    expect(store.queue.next(space.id, 1)).toEqual([
      { id: memories[2]?.id, key: memories[2]?.key, version: 1, content: 'three' },
    ]);
    await store.vectors.put(memories[2] ?? never(), space, [east]);
    await store.memories.softDelete([memories[0]?.key ?? ''], now);
    expect([waiting(store), store.queue.length(space.id), store.queue.length(other.id)]).toEqual([['two'], 1, 2]);
    await store.memories.update(memories[2]?.key ?? '', { content: 'three changed' }, { now });
    expect(waiting(store)).toEqual(['three changed', 'two']);
  });

  it('counts live memories without a vector, ignoring deleted ones', async () => {
    const { store, memories } = await withMemories('one', 'two', 'three', 'four');
    const [one = never(), two = never(), three = never()] = memories;
    await store.vectors.put(one, space, [east, north]);
    await store.vectors.put(two, space, [east]);
    await store.vectors.put(three, other, [Float32Array.of(1, 0, 0)]);
    expect(store.queue.length(space.id)).toBe(2);
    await store.memories.softDelete([one.key, three.key], now);
    expect([waiting(store), store.queue.length(space.id)]).toEqual([['four'], 1]);
    await store.memories.restore(one.key, undefined, now);
    await store.erasure.erase([two.key]);
    expect([store.queue.length(space.id), store.queue.length(other.id), store.queue.length('none')]).toEqual([1, 2, 2]);
  });

  it('gives a memory up after three failures, says why, and takes it again when its text changes', async () => {
    const { store, memories } = await withMemories('one');
    const memory = memories[0] ?? never();
    for (const reason of ['first', 'second']) await store.queue.fail(memory.id, space.id, reason, now);
    expect(waiting(store)).toEqual(['one']);
    await store.queue.fail(memory.id, space.id, 'third', now);
    expect(waiting(store)).toEqual([]);
    expect(store.queue.length(space.id)).toBe(1);
    expect(store.queue.failures(space.id)).toEqual([{ key: memory.key, attempts: 3, reason: 'third', failed_at: now }]);
    await store.memories.update(memory.key, { content: 'two' }, { now });
    expect([waiting(store), store.queue.failures(space.id)]).toEqual([['two'], []]);
    await store.queue.fail(999, space.id, 'no such memory', now);
    expect(store.queue.failures(space.id)).toEqual([]);
  });

  it('is worked off by one at a time: a lease is refused to others until it is over or given back', async () => {
    const { store } = await withMemories();
    const { lease, release } = store.queue;
    expect(await lease('queue', 'a', 1_000, 500)).toBe(true);
    expect(await lease('queue', 'b', 1_499, 500)).toBe(false);
    expect(await lease('queue', 'a', 1_499, 500)).toBe(true);
    expect(await lease('queue', 'b', 1_500, 500)).toBe(false);
    expect(await lease('other', 'b', 1_500, 500)).toBe(true);
    expect(await lease('queue', 'b', 1_999, 500)).toBe(true);
    await release('queue', 'a');
    expect(await lease('queue', 'a', 2_000, 500)).toBe(false);
    await release('queue', 'b');
    expect(await lease('queue', 'a', 2_000, 500)).toBe(true);
  });
});

it('a memory that waits can be found by its words all the same', async () => {
  const { store } = await withMemories('苺が好き');
  expect(store.fullText.postings({ text: '苺', prefix: false, weight: 1 }, live, 10)).toHaveLength(1);
});

function never(): never {
  throw new Error('the memory is missing');
}
