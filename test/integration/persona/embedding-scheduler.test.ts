/**
 * How memories get their vectors: who embeds what and how often, what counts as a failure, and how a persona moves from
 * one model to another, with embedders that a test can hold up.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryMcpError } from '../../../src/core/errors.ts';
import { createLogger } from '../../../src/core/logger.ts';
import { disabledEmbedder } from '../../../src/model/disabled-embedder.ts';
import type { Embedder } from '../../../src/model/embedder.ts';
import { createEmbeddingScheduler, type EmbeddingScheduler } from '../../../src/persona/embedding-scheduler.ts';
import type { EmbeddingDeps } from '../../../src/persona/embedding-worker.ts';
import type { MemoryStore } from '../../../src/store/memory-store.ts';
import { gate } from '../../support/gate.ts';
import { createHashEmbedder } from '../../support/hash-embedder.ts';
import { draft, live, openTestStore, settableClock } from '../../support/stores.ts';
import { until } from '../../support/until.ts';

interface OpenedWriter extends EmbeddingScheduler {
  readonly warnings: string[];
  /** Works until nothing is left to do, or as far as it comes. */
  drained(): Promise<void>;
}

function openWriter(store: MemoryStore, embedder: Embedder, parts: Partial<EmbeddingDeps> = {}): OpenedWriter {
  const warnings: string[] = [];
  const logger = createLogger({ level: () => 'warn', write: (line) => warnings.push(line) });
  const clock = settableClock();
  const writer = createEmbeddingScheduler({
    store,
    embedder,
    serving: () => embedder,
    holder: 'one',
    clock,
    logger,
    ...parts,
  });
  onTestFinished(() => writer.close());
  return {
    ...writer,
    warnings,
    drained: async () => {
      writer.drain();
      // A worker that is refused ends within a few turns; one that works is waited for.
      for (let turns = 0; turns < 50 && !writer.isDone(); turns++)
        await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
}

async function storeWith(...texts: string[]): Promise<MemoryStore> {
  const store = await openTestStore();
  for (const text of texts) await store.memories.create(draft(text));
  return store;
}

/** How often each text was embedded. */
function counting(changes: Parameters<typeof createHashEmbedder>[0] = {}) {
  const counts = new Map<string, number>();
  const embedder = createHashEmbedder({
    ...changes,
    beforeDocument: async (text) => {
      counts.set(text, (counts.get(text) ?? 0) + 1);
      await changes.beforeDocument?.(text);
    },
  });
  return { embedder, counts };
}

const withVectors = (store: MemoryStore, embedder: Embedder) => {
  const space = embedder.space();
  return space === undefined ? 0 : store.vectors.count(space);
};

describe('the queue of memories without a vector', () => {
  it('is worked off, the newest first, each once', async () => {
    const store = await storeWith('one', 'two', 'three');
    const { embedder, counts } = counting();
    await openWriter(store, embedder).drained();
    expect([...counts]).toEqual([
      ['three', 1],
      ['two', 1],
      ['one', 1],
    ]);
    expect(withVectors(store, embedder)).toBe(3);
  });

  it('leaves alone a memory that a write is embedding right now', async () => {
    const store = await storeWith('old');
    const { pass, open } = gate();
    const { embedder, counts } = counting({ beforeDocument: (text) => (text === 'new' ? pass() : undefined) });
    const writer = openWriter(store, embedder);
    const { memory } = await store.memories.create(draft('new'));
    expect(await writer.embed(memory)).toEqual({ vector: 'queued' });
    open();
    await writer.drained();
    expect(counts).toEqual(
      new Map([
        ['new', 1],
        ['old', 1],
      ]),
    );
  });

  it('is looked at once more for what came while it was being finished', async () => {
    const store = await storeWith('old');
    let add: (() => Promise<void>) | undefined;
    const queue: MemoryStore['queue'] = {
      ...store.queue,
      release: async (...lease) => {
        await add?.();
        await store.queue.release(...lease);
      },
    };
    const { embedder } = counting();
    const writer = openWriter({ ...store, queue }, embedder);
    add = async () => {
      add = undefined;
      await store.memories.create(draft('new'));
      writer.drain();
    };
    await writer.drained();
    expect(withVectors(store, embedder)).toBe(2);
  });

  it('is given up for a text that fails three times, and for no other', async () => {
    const store = await storeWith('good', 'poison', 'also good');
    const { embedder, counts } = counting({
      beforeDocument: (text) => {
        if (text === 'poison') throw new MemoryMcpError('internal', 'no such letter');
      },
    });
    const writer = openWriter(store, embedder);
    await writer.drained();
    expect(writer.isDone()).toBe(true);
    expect(counts.get('poison')).toBe(3);
    expect(withVectors(store, embedder)).toBe(2);
    const space = embedder.space()?.id ?? '';
    expect(store.queue.failures(space)).toMatchObject([{ attempts: 3, reason: 'no such letter' }]);
    expect([store.queue.length(space), store.queue.countGivenUp(space)]).toEqual([1, 1]);
  });

  it('waits for a model that goes away, and holds it against no text', async () => {
    const store = await storeWith('one', 'two', 'three');
    let away = true;
    const { embedder } = counting({
      beforeDocument: (text) => {
        if (away && text === 'two') throw new MemoryMcpError('model_unavailable', 'gone');
      },
    });
    const writer = openWriter(store, embedder);
    for (let time = 0; time < 5; time++) await writer.drained();
    expect(withVectors(store, embedder)).toBe(1);
    expect(store.queue.failures(embedder.space()?.id ?? '')).toEqual([]);
    away = false;
    await writer.drained();
    expect(withVectors(store, embedder)).toBe(3);
  });

  it('stands still with a warning while vectors cannot be stored, and holds it against no text', async () => {
    const store = await storeWith('one', 'two');
    let full = true;
    const vectors: MemoryStore['vectors'] = {
      ...store.vectors,
      put: (...put) =>
        full
          ? Promise.reject(new MemoryMcpError('backend_unavailable', 'the disk is full'))
          : store.vectors.put(...put),
    };
    const { embedder } = counting();
    const writer = openWriter({ ...store, vectors }, embedder);
    await writer.drained();
    expect(writer.warnings.join()).toContain('the disk is full');
    expect(store.queue.failures(embedder.space()?.id ?? '')).toEqual([]);
    full = false;
    await writer.drained();
    expect(withVectors(store, embedder)).toBe(2);
  });

  it('belongs to one process until its lease is over or given back', async () => {
    const store = await storeWith('one', 'two');
    const clock = settableClock();
    const { pass, open } = gate();
    const first = openWriter(store, counting({ beforeDocument: pass }).embedder, { clock, holder: 'first' });
    const { embedder, counts } = counting();
    const second = openWriter(store, embedder, { clock, holder: 'second' });
    first.drain();
    await second.drained();
    expect(counts.size).toBe(0);
    // The first one is killed: it never comes back, and its lease runs out.
    clock.advance(60_000);
    await second.drained();
    expect(withVectors(store, embedder)).toBe(2);
    open();
  });

  it('is left by a process that has lost its lease while it worked', async () => {
    const store = await storeWith('one', 'two', 'three');
    const clock = settableClock();
    const { pass, open, waiting } = gate();
    const asked: [string, boolean][] = [];
    const released: string[] = [];
    const queue: MemoryStore['queue'] = {
      ...store.queue,
      lease: async (name, holder, ...rest) => {
        const held = await store.queue.lease(name, holder, ...rest);
        asked.push([holder, held]);
        return held;
      },
      release: async (name, holder) => {
        await store.queue.release(name, holder);
        released.push(holder);
      },
    };
    const slow = counting({ beforeDocument: pass });
    const first = openWriter({ ...store, queue }, slow.embedder, { clock, holder: 'first' });
    first.drain();
    await until(() => waiting() > 0, 'the first one embeds');
    // It is held up for so long that another one takes the queue over.
    clock.advance(60_000);
    const other = gate();
    const second = openWriter({ ...store, queue }, counting({ beforeDocument: other.pass }).embedder, {
      clock,
      holder: 'second',
    });
    second.drain();
    await until(() => other.waiting() > 0, 'the second one embeds');
    await until(() => asked.some(([holder, held]) => holder === 'first' && !held), 'the first one is refused');
    open();
    await until(() => released.includes('first'), 'the first one ends');
    expect([...slow.counts.keys()]).toEqual(['three']);
    other.open();
    await second.drained();
  });

  it('is left at once and given back by a process that ends', async () => {
    const store = await storeWith('one', 'two');
    const hanging: Embedder = {
      ...createHashEmbedder(),
      embedDocument: (_, { signal }) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    };
    const first = openWriter(store, hanging, { holder: 'first' });
    first.drain();
    await expect.poll(() => first.isDone()).toBe(false);
    await first.close();
    const second = openWriter(store, createHashEmbedder(), { holder: 'second' });
    await second.drained();
    expect(withVectors(store, hanging)).toBe(2);
    expect(store.queue.failures(hanging.space()?.id ?? '')).toEqual([]);
  });

  it('is embedded together by a model that takes batches, as background work', async () => {
    const store = await storeWith('one', 'two', 'three');
    const { embedder, counts } = counting();
    const asked: { texts: readonly string[]; priority: string }[] = [];
    const together: Embedder = {
      ...embedder,
      embedTogether: async (texts, { priority }) => {
        asked.push({ texts, priority });
        return Promise.all(texts.map((text) => createHashEmbedder().embedDocument(text, { priority: 'background' })));
      },
    };
    await openWriter(store, together).drained();
    expect(asked).toEqual([{ texts: ['three', 'two', 'one'], priority: 'background' }]);
    expect(counts.size).toBe(0);
    const vectorOf = (text: string) => embedder.embedQuery(text);
    const space = embedder.space();
    for (const { id, content } of store.memories.list({ filter: live, order: 'newest', limit: 9 })) {
      const stored = space === undefined ? [] : store.vectors.ofMemories([id], space);
      expect(stored.map(({ vector }) => [...vector])).toEqual([[...(await vectorOf(content))]]);
    }
  });

  it('is embedded one by one, as background work, where a batch fails, and only the text at fault counts as failed', async () => {
    const store = await storeWith('good', 'bad', 'also good');
    const priorities = new Set<string>();
    const { embedder } = counting();
    const failing: Embedder = {
      ...embedder,
      embedTogether: () => Promise.reject(new MemoryMcpError('internal', 'one of them is bad')),
      embedDocument: (text, options) => {
        priorities.add(options.priority);
        if (text === 'bad') return Promise.reject(new MemoryMcpError('internal', 'it is bad'));
        return embedder.embedDocument(text, options);
      },
    };
    await openWriter(store, failing).drained();
    expect(withVectors(store, embedder)).toBe(2);
    expect(store.queue.failures(embedder.space()?.id ?? '')).toHaveLength(1);
    expect([...priorities]).toEqual(['background']);
  });

  it('is empty when no model is configured', async () => {
    const store = await storeWith('one');
    const writer = openWriter(store, disabledEmbedder);
    const [memory] = store.memories.list({ filter: live, order: 'newest', limit: 1 });
    await writer.drained();
    expect(writer.isDone()).toBe(true);
    expect(memory && (await writer.embed(memory))).toEqual({ vector: 'off' });
  });
});

describe('another model', () => {
  const older = createHashEmbedder({ name: 'older' });
  const newer = createHashEmbedder({ name: 'newer', dimensions: 32 });

  async function storeInOlderSpace(...texts: string[]): Promise<MemoryStore> {
    const store = await storeWith(...texts);
    await openWriter(store, older).drained();
    return store;
  }
  const serving = (store: MemoryStore) => () =>
    store.vectors.currentSpace()?.id === older.space()?.id ? older : newer;

  it('takes over when every memory has its vector, and not before', async () => {
    const store = await storeInOlderSpace('one', 'two', 'three');
    const { pass, open } = gate();
    let waiting = 0;
    const { embedder } = counting({
      name: 'newer',
      dimensions: 32,
      beforeDocument: () => (++waiting === 3 ? pass() : undefined),
    });
    const writer = openWriter(store, embedder, { serving: serving(store) });
    writer.drain();
    await expect.poll(() => withVectors(store, newer)).toBe(2);
    expect(store.vectors.currentSpace()).toEqual(older.space());
    open();
    await writer.drained();
    expect(store.vectors.currentSpace()).toEqual(newer.space());
    expect([withVectors(store, older), withVectors(store, newer)]).toEqual([0, 3]);
  });

  it('does not take over while it lacks a vector because it went away', async () => {
    const store = await storeInOlderSpace('one', 'two', 'three');
    let away = true;
    const { embedder } = counting({
      name: 'newer',
      dimensions: 32,
      beforeDocument: (text) => {
        if (away && text === 'one') throw new MemoryMcpError('model_unavailable', 'gone');
      },
    });
    const writer = openWriter(store, embedder, { serving: serving(store) });
    writer.drain();
    await until(() => withVectors(store, newer) === 2, 'two of three have a vector of it');
    await writer.close();
    expect(store.vectors.currentSpace()).toEqual(older.space());
    expect(withVectors(store, older)).toBe(3);
    away = false;
    await openWriter(store, embedder, { serving: serving(store) }).drained();
    expect(store.vectors.currentSpace()).toEqual(newer.space());
  });

  it('does not take over before it has a vector for what was stored meanwhile', async () => {
    const store = await storeInOlderSpace('one');
    let arrived = false;
    const vectors: MemoryStore['vectors'] = {
      ...store.vectors,
      put: async (...put) => {
        const stored = await store.vectors.put(...put);
        if (!arrived) await store.memories.create(draft('new'));
        arrived = true;
        return stored;
      },
      switchTo: async (space) => {
        expect(store.vectors.count(space)).toBe(2);
        await store.vectors.switchTo(space);
      },
    };
    await openWriter({ ...store, vectors }, newer, { serving: serving(store) }).drained();
    expect([withVectors(store, older), withVectors(store, newer)]).toEqual([0, 2]);
  });

  it('finds the vectors of the one before it removed also where that was interrupted', async () => {
    const store = await storeInOlderSpace('one', 'two');
    const space = newer.space();
    for (const memory of store.memories.list({ filter: live, order: 'newest', limit: 9 })) {
      const { vectors } = await newer.embedDocument(memory.content, { priority: 'background' });
      if (space !== undefined) await store.vectors.put(memory, space, vectors);
    }
    if (space !== undefined) await store.vectors.switchTo(space);
    await openWriter(store, newer).drained();
    expect([withVectors(store, older), withVectors(store, newer)]).toEqual([0, 2]);
  });

  it('gives a new memory a vector that searches can use at once, and one of its own', async () => {
    const store = await storeInOlderSpace('one');
    const { pass, open } = gate();
    const { embedder } = counting({ name: 'newer', dimensions: 32, beforeDocument: pass });
    const writer = openWriter(store, embedder, { serving: serving(store) });
    writer.drain();
    const { memory } = await store.memories.create(draft('new'));
    expect(await writer.embed(memory)).toEqual({ vector: 'indexed' });
    expect(withVectors(store, older)).toBe(2);
    open();
    await writer.drained();
    expect([withVectors(store, older), withVectors(store, newer)]).toEqual([0, 2]);
  });

  it('of another process takes over for good: the two do not take turns', async () => {
    const store = await storeInOlderSpace('one', 'two');
    const parts = { serving: serving(store) };
    const first = openWriter(store, older, { ...parts, holder: 'first' });
    await first.drained();
    const second = openWriter(store, newer, { ...parts, holder: 'second' });
    await second.drained();
    expect(store.vectors.currentSpace()).toEqual(newer.space());
    const latest = store.changes.latest();
    for (let time = 0; time < 3; time++) {
      await first.drained();
      await second.drained();
    }
    expect(store.changes.latest()).toBe(latest);
    expect(first.warnings.join()).toContain('Another server has switched this persona');
    expect(first.space()).toEqual(newer.space());

    await store.memories.create(draft('three'));
    await first.drained();
    expect([withVectors(store, older), withVectors(store, newer)]).toEqual([0, 3]);
  });

  it('of another process that this machine does not have is left alone', async () => {
    const store = await storeInOlderSpace('one');
    const first = openWriter(store, older, { holder: 'first' });
    await first.drained();
    await openWriter(store, newer, { serving: serving(store), holder: 'second' }).drained();
    await store.memories.create(draft('two'));
    await first.drained();
    expect(first.isDone()).toBe(true);
    expect([withVectors(store, older), withVectors(store, newer)]).toEqual([0, 1]);
  });
});
