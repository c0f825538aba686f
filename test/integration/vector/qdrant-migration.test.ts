/** A persona moves to Qdrant and back: every field, however it was stored there, and nothing newer is lost. */
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openApp } from '../../../src/app.ts';
import { loadConfiguration } from '../../../src/config/load.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { ForeignMemory, Memory } from '../../../src/core/memory.ts';
import { describeCollection, migrateFromServer } from '../../../src/service/migrate-from-server.ts';
import { type MigrateToServerReceipt, migrateToServer } from '../../../src/service/migrate-to-server.ts';
import type { MemoryStore } from '../../../src/store/memory-store.ts';
import { createQdrantClient } from '../../../src/vector/qdrant/qdrant-client.ts';
import { openQdrantCollection } from '../../../src/vector/qdrant/qdrant-collection.ts';
import { openQdrantIndex } from '../../../src/vector/qdrant/qdrant-index.ts';
import { createQdrantServer } from '../../../src/vector/qdrant/qdrant-server.ts';
import { filledMemory, filledSpace, fillStore } from '../../support/filled-store.ts';
import { askQdrant, countPoints, removeCollection } from '../../support/qdrant-requests.ts';
import { missingQdrant, openQdrant, type QdrantServer } from '../../support/qdrant-server.ts';
import { openTestStore, testFolder } from '../../support/stores.ts';

const skip = missingQdrant();
let server: QdrantServer;

beforeAll(async () => {
  if (skip === undefined) server = await openQdrant();
});
afterAll(() => server?.stop());

const quiet = { dryRun: false, onProgress: () => {} };

/** A collection of the test's own, and what moves to it and from it. */
function makeCollection() {
  const name = `memory_test_${randomUUID()}`;
  onTestFinished(() => removeCollection(server.url, name));
  const client = createQdrantClient({ url: server.url, apiKey: process.env.QDRANT_API_KEY, clock: systemClock });
  const reading = { timeZone: 'Asia/Tokyo', now: new Date('2026-05-05T05:05:05.555Z') };
  const collection = openQdrantCollection({ client, name, reading });
  return {
    name,
    send: (store: MemoryStore, options: object = {}): Promise<MigrateToServerReceipt> =>
      migrateToServer({
        store,
        collection,
        clock: systemClock,
        logger: silentLogger,
        server: createQdrantServer(client),
        open: (current, place) =>
          openQdrantIndex({ space: current, place, collection: name, client, clock: systemClock }),
        ...quiet,
        ...options,
      }),
    fetch: (store: MemoryStore, options: object = {}) =>
      migrateFromServer({ store, collection, clock: systemClock, ...quiet, ...options }),
    put: (points: readonly object[]) =>
      askQdrant(server.url, 'PUT', `/collections/${name}/points?wait=true`, { points }),
    create: () => askQdrant(server.url, 'PUT', `/collections/${name}`, { vectors: { size: 2, distance: 'Cosine' } }),
    describe: () => describeCollection(collection),
  };
}

/** All memories in order, without the ids of the store. */
function contents(store: MemoryStore): ForeignMemory[] {
  const all: Memory[] = [];
  for (let after: number | undefined; ; after = all.at(-1)?.id) {
    const page = store.memories.list({ filter: { deleted: 'include' }, order: 'oldest', after, limit: 1_000 });
    if (page.length === 0) return all.map(({ id, ...memory }) => memory);
    all.push(...page);
  }
}

const vectorsIn = (store: MemoryStore) => {
  const { vectors } = store.vectors.page(filledSpace, 0, 100_000);
  return new Map(vectors.map((stored) => [`${stored.key}#${stored.chunk}`, [...stored.vector]]));
};

describe.skipIf(skip !== undefined)(`a migration${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
  it('there and back keeps 10,000 memories with every field and vector', async () => {
    const { send, fetch, name } = makeCollection();
    const [from, to] = [await openTestStore(), await openTestStore()];
    await fillStore(from, 10_000);
    const vectors = from.vectors.count(filledSpace);
    const seen: number[] = [];
    expect(await send(from, { onProgress: ({ done }: { done: number }) => seen.push(done) })).toMatchObject({
      memories: 10_000,
      vectors,
      after: vectors,
      before: 0,
      waiting: 0,
      compared: 200,
    });
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
    expect(await countPoints(server.url, name)).toBe(vectors + 1);

    expect(await fetch(to)).toMatchObject({ added: 10_000, updated: 0, kept: 0, skipped: 0, with_vectors: 10_000 });
    expect(contents(to)).toEqual(contents(from));
    const [sent, back] = [vectorsIn(from), vectorsIn(to)];
    expect([...back.keys()].toSorted()).toEqual([...sent.keys()].toSorted());
    for (const [chunk, numbers] of sent) {
      const other = back.get(chunk) ?? [];
      expect(numbers.every((number, at) => Math.abs(number - (other[at] ?? Number.NaN)) < 1e-6)).toBe(true);
    }
  }, 300_000);

  it('changes nothing the second time, and only counts in a dry run', async () => {
    const { send, fetch, name } = makeCollection();
    const [from, to] = [await openTestStore(), await openTestStore()];
    await fillStore(from, 300);
    expect(await send(from, { dryRun: true })).toMatchObject({ dry_run: true, memories: 300, before: 0, after: 0 });
    await expect(fetch(to)).rejects.toMatchObject({ code: 'not_found' });
    await send(from);
    const points = await countPoints(server.url, name);
    expect(await send(from)).toMatchObject({ before: points - 1, after: points - 1 });

    expect(await fetch(to, { dryRun: true })).toMatchObject({ dry_run: true, added: 300, with_vectors: 0 });
    expect(contents(to)).toEqual([]);
    await fetch(to);
    const once = contents(to);
    expect(await fetch(to)).toMatchObject({ added: 0, updated: 0, kept: 300 });
    expect(contents(to)).toEqual(once);
  });

  it('replaces what is older, keeps what is newer, and leaves erased what was erased', async () => {
    const { send, fetch } = makeCollection();
    const [from, to] = [await openTestStore(), await openTestStore()];
    await fillStore(from, 10);
    await send(from);
    const later = '2027-01-01T00:00:00.000Z';
    await to.memories.importAll(
      [
        { ...filledMemory(1), content: 'newer here', updated_at: later },
        { ...filledMemory(2), content: 'older here', tags: ['old'], updated_at: '2025-01-01T00:00:00.000Z' },
        { ...filledMemory(3), content: 'gone' },
        { ...filledMemory(99), content: 'only here' },
      ],
      later,
    );
    await to.erasure.erase(['memory_3']);
    expect(await fetch(to)).toMatchObject({ added: 7, updated: 1, kept: 1, erased: 1 });
    expect(to.memories.read('memory_1')?.content).toBe('newer here');
    expect(to.memories.read('memory_3')).toBeUndefined();
    expect(to.memories.read('memory_99')?.content).toBe('only here');
    const { id: _, ...replaced } = to.memories.read('memory_2') ?? {};
    expect(replaced).toEqual({ ...filledMemory(2), version: 4 });
    expect(to.memories.versions('memory_2')).toMatchObject([{ fields: { content: 'older here', tags: ['old'] } }]);
  });

  it('reads a collection of the original system in each of its forms', async () => {
    const { create, fetch, name } = makeCollection();
    await create();
    const sha1 = (key: string) => createHash('sha1').update(key).digest().readBigUInt64BE();
    const md5 = (key: string) => createHash('md5').update(key).digest('hex');
    const first = Array.from({ length: 600 }, (_, at) => ({
      id: sha1(`memory_2025110117${String(at).padStart(4, '0')}`),
      payload: {
        key: `memory_2025110117${String(at).padStart(4, '0')}`,
        content: `苺 ${at}`,
        created_at: '2025-11-01T17:30:00',
        updated_at: '2025-11-01T17:31:00.5',
        tags: '["food", "allergy"]',
        importance: 0.7,
        emotion: 'joy',
        emotion_intensity: 0.5,
        environment: '',
        related_keys: '[]',
        created_month: 11,
      },
    }));
    // Numbers beyond 2^53, which JSON.stringify does not write.
    const points = first.map(({ id, payload }) => `{"id":${id},"vector":[1,0],"payload":${JSON.stringify(payload)}}`);
    const response = await fetchText(`${server.url}/collections/${name}/points?wait=true`, `{"points":[${points}]}`);
    expect(response).toBe(200);
    const key = 'memory_20260301080000_123456_0a1b2c3d';
    await askQdrant(server.url, 'PUT', `/collections/${name}/points?wait=true`, {
      points: [
        {
          id: md5(key),
          vector: [0, 1],
          payload: { key, content: 'a late one', lifecycle_status: 'active', created_at: '2026-08-01T00:00:00+00:00' },
        },
        { id: md5('short'), vector: [0, 1], payload: { key: 'short', content: 'no more than that' } },
        { id: 7, vector: [0, 1], payload: { content: 'no key' } },
        { id: 8, vector: [0, 1], payload: { key: 'empty', content: '  ' } },
      ],
    });
    const to = await openTestStore();
    expect(await fetch(to)).toMatchObject({
      points: 604,
      added: 602,
      with_vectors: 0,
      skipped: 2,
      skipped_points: [
        { point: '7', reason: 'the payload has no key' },
        { point: '8', reason: 'content: must not be empty' },
      ],
    });
    expect(to.memories.read('memory_20251101170599')).toMatchObject({
      content: '苺 599',
      created_at: '2025-11-01T08:30:00.000Z',
      updated_at: '2025-11-01T08:31:00.500Z',
      tags: ['food', 'allergy'],
      importance: 0.7,
      emotion: 'joy',
      environment: undefined,
      source: 'import',
      version: 1,
    });
    expect(to.memories.read(key)).toMatchObject({ created_at: '2026-02-28T23:00:00.000Z', tags: [], importance: 0.5 });
    expect(to.memories.read('short')).toMatchObject({ created_at: '2026-05-05T05:05:05.555Z' });
  });

  it('refuses to write into a collection of another store, and mends its own', async () => {
    const { send, describe: look, name } = makeCollection();
    const [one, other] = [await openTestStore(), await openTestStore()];
    await fillStore(one, 5);
    await fillStore(other, 5);
    await send(one);
    await expect(send(other)).rejects.toMatchObject({ code: 'conflict' });
    expect(await look()).toMatchObject({ points: 5, space: filledSpace });
    await askQdrant(server.url, 'POST', `/collections/${name}/points/payload?wait=true`, {
      payload: { store_id: one.identity().storeId, content: 'spoiled' },
      filter: { must: [{ key: 'key', match: { value: 'memory_1' } }] },
    });
    // It sends what it has once more: what was spoiled is mended.
    expect(await send(one)).toMatchObject({ compared: 5 });
  });

  it('makes no persona where there is no collection', async () => {
    const dataDir = join(testFolder(), 'data');
    const loaded = await loadConfiguration({
      environment: {
        MEMORY_MCP_DATA_DIR: dataDir,
        MEMORY_MCP_QDRANT_URL: server.url,
        MEMORY_MCP_PERSONA: `none-${randomUUID()}`,
      },
      folders: { data: dataDir, config: join(dataDir, 'none'), cache: join(dataDir, 'none') },
      directory: dataDir,
    });
    const app = openApp({ loaded, logger: silentLogger, kind: 'command' });
    onTestFinished(() => app.close());
    await expect(app.migrate('qdrant-to-sqlite', quiet)).rejects.toMatchObject({ code: 'not_found' });
    expect(app.personaNames()).toEqual([]);
  });
});

async function fetchText(url: string, body: string): Promise<number> {
  const key = process.env.QDRANT_API_KEY;
  const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'api-key': key }) };
  return (await fetch(url, { method: 'PUT', headers, body })).status;
}
