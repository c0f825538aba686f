/** Erasure: after a permanent deletion nothing of a text is in the files, and it says so only when that is true. */

import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { MemoryStore } from '../../../src/store/memory-store.ts';
import { openConnection } from '../../../src/store/sqlite/connection.ts';
import { draft, filesIn, live, now, openTestStore, testFolder } from '../../support/stores.ts';
import { tracesOf } from '../../support/traces.ts';

const space = { id: 'test', dimensions: 8 };
const secret = '秘密の暗号は zanzibar 鸚鵡返し です。Mx. Quillfeather knows.';
const others = ['苺のアレルギーがある', 'The deploy was rolled back', '京都へ引っ越す', '犬の名前はポチ'];

async function filled(): Promise<{ folder: string; store: MemoryStore; key: string }> {
  const folder = testFolder();
  const store = await openTestStore(join(folder, 'memory.sqlite'));
  for (const text of others) await store.memories.create(draft(text));
  const { memory } = await store.memories.create(draft(secret, { tags: ['xylophonetag'], emotion: 'vexationfeel' }));
  return { folder, store, key: memory.key };
}

async function finish(store: MemoryStore): Promise<boolean> {
  const done = await store.erasure.removeTraces();
  if (done) await store.erasure.complete();
  return done;
}

const everything = [secret, 'xylophonetag', 'vexationfeel'];

describe('an erased memory', () => {
  it('was in the files before: the search for traces finds it', async () => {
    const { folder, store } = await filled();
    expect(tracesOf(everything, others, filesIn(folder))).not.toEqual([]);
    await store.erasure.removeTraces();
    const words = tracesOf(everything, others, filesIn(folder)).map(({ trace }) => trace);
    expect(words).toEqual(expect.arrayContaining(['zanzibar', '鸚鵡', 'xylophonetag', 'vexationfeel', 'quillfeather']));
  });

  it('leaves no word and no pair of characters in any file, without closing', async () => {
    const { folder, store, key } = await filled();
    await store.erasure.erase([key]);
    expect(store.erasure.isPending()).toBe(true);
    expect(await finish(store)).toBe(true);
    expect(store.erasure.isPending()).toBe(false);
    expect(tracesOf(everything, others, filesIn(folder))).toEqual([]);
    expect(store.memories.list({ filter: { deleted: 'include' }, order: 'oldest', limit: 9 })).toHaveLength(4);
  });

  it('leaves nothing of earlier versions, of vectors, or of a previous deletion', async () => {
    const { folder, store, key } = await filled();
    const { memories, vectors, erasure } = store;
    const updated = await memories.update(key, { content: '別の話、wolframite', tags: ['periwinkletag'] }, { now });
    const vector = Float32Array.from({ length: 8 }, (_, index) => Math.sin(index + 41));
    await vectors.put(updated, space, [vector]);
    await store.queue.fail(updated.id, 'other space', 'the text of the failure', now);
    await memories.softDelete([key], now);
    await memories.restore(key, 1, now);
    await memories.softDelete([key], now);
    await erasure.erase([key]);
    expect(await finish(store)).toBe(true);
    const files = filesIn(folder);
    expect(tracesOf([...everything, '別の話、wolframite', 'periwinkletag'], others, files)).toEqual([]);
    const bytes = Buffer.from(vector.buffer);
    expect([...files.values()].some((file) => file.includes(bytes))).toBe(false);
    expect(memories.read(key)).toBeUndefined();
    expect(memories.versions(key)).toEqual([]);
  });

  it('that fills many pages leaves none of them', async () => {
    const { folder, store } = await filled();
    const word = (index: number) => `quokka${index}zz`;
    const long = Array.from({ length: 9_000 }, (_, index) => word(index)).join(' ');
    const { memory } = await store.memories.create(draft(long));
    await store.memories.update(memory.key, { content: `${long.slice(0, 50_000)} changed` }, { now });
    await store.erasure.erase([memory.key]);
    expect(await finish(store)).toBe(true);
    for (const file of filesIn(folder).values()) expect(file.includes('quokka')).toBe(false);
  });

  it('does not take along what other memories share with it', async () => {
    const { store, key } = await filled();
    const { memory } = await store.memories.create(draft('zanzibar again'));
    await store.erasure.erase([key, 'memory_unknown']);
    await finish(store);
    const found = store.fullText.postings({ text: 'zanzibar', prefix: false, weight: 1 }, live, 10);
    expect(found).toEqual([memory.id]);
    expect(store.memories.count(live)).toBe(others.length + 1);
  });
});

describe('an erasure that cannot be finished', () => {
  async function withReader() {
    const { folder, store, key } = await filled();
    const reader = await openConnection({ path: join(folder, 'memory.sqlite'), busyTimeout: 100 });
    onTestFinished(() => reader.close());
    reader.execute('BEGIN');
    reader.sql('SELECT count(*) FROM memories').get();
    await store.erasure.erase([key]);
    return { folder, store, reader };
  }

  it('says so while another connection reads an older state, and is finished when it has left', async () => {
    const { folder, store, reader } = await withReader();
    expect(await finish(store)).toBe(false);
    expect(store.erasure.isPending()).toBe(true);
    expect(tracesOf(everything, others, filesIn(folder))).not.toEqual([]);
    reader.execute('COMMIT');
    expect(await finish(store)).toBe(true);
    expect(tracesOf(everything, others, filesIn(folder))).toEqual([]);
  });

  it('is known to the next process, which can finish it', async () => {
    const { folder, store, reader } = await withReader();
    await finish(store);
    await store.close();
    reader.execute('COMMIT');
    reader.close();
    const next = await openTestStore(join(folder, 'memory.sqlite'));
    expect(next.erasure.isPending()).toBe(true);
    expect(await finish(next)).toBe(true);
    expect(tracesOf(everything, others, filesIn(folder))).toEqual([]);
  });

  it('is not hidden by the end of another one that began before', async () => {
    const { store } = await filled();
    const one = await store.memories.create(draft('one'));
    const two = await store.memories.create(draft('two'));
    await store.erasure.erase([one.memory.key]);
    await store.erasure.removeTraces();
    await store.erasure.erase([two.memory.key]);
    await store.erasure.complete();
    expect(store.erasure.isPending()).toBe(true);
    expect(await finish(store)).toBe(true);
    expect(store.erasure.isPending()).toBe(false);
  });
});

it('two processes that erase, write and finish at the same time leave nothing', async () => {
  const folder = testFolder();
  const path = join(folder, 'memory.sqlite');
  const stores = [await openTestStore(path), await openTestStore(path)];
  const texts = (owner: number, index: number) => `owner${owner}zebra${index}quartz 縞馬${owner}${index}号`;
  await Promise.all(
    stores.map(async (store, owner) => {
      for (let index = 0; index < 12; index++) {
        const { memory } = await store.memories.create(draft(texts(owner, index)));
        await store.memories.create(draft(`kept ${owner} ${index}`));
        await store.erasure.erase([memory.key]);
        await finish(store);
      }
    }),
  );
  expect(await finish(stores[0] as MemoryStore)).toBe(true);
  for (const file of filesIn(folder).values()) {
    expect(['zebra', '縞馬', 'quartz'].filter((trace) => file.includes(trace))).toEqual([]);
  }
  expect(stores[0]?.memories.count(live)).toBe(24);
  expect(stores[1]?.fullText.statistics().count).toBe(24);
});

it('after any history, what was erased is nowhere and what was kept is found', async () => {
  const kept = (index: number) => `keep${index} 保存`;
  const gone = (index: number) => `ocelot${index}vanish 山猫消失`;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), fc.nat(5), async (history, extra) => {
      const folder = testFolder();
      const store = await openTestStore(join(folder, 'memory.sqlite'));
      const doomed: string[] = [];
      for (const [index, keep] of history.entries()) {
        const { memory } = await store.memories.create(draft(keep ? kept(index) : gone(index)));
        if (!keep) doomed.push(memory.key);
      }
      await store.erasure.erase(doomed);
      for (let index = 0; index < extra; index++) await store.memories.create(draft(kept(100 + index)));
      expect(await finish(store)).toBe(true);
      for (const file of filesIn(folder).values()) {
        expect(['ocelot', 'vanish', '山猫', '消失'].filter((trace) => file.includes(trace))).toEqual([]);
      }
      const found = store.fullText.postings({ text: '保存', prefix: false, weight: 1 }, live, 100);
      expect(found).toHaveLength(history.filter(Boolean).length + extra);
      await store.close();
    }),
    { numRuns: 15 },
  );
});
