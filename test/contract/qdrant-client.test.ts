/**
 * Two others look at what the driver says to Qdrant: the official client finds the same in the collection, and Qdrant's
 * own OpenAPI description knows every request.
 */
import { randomUUID } from 'node:crypto';
import { QdrantClient } from '@qdrant/js-client-rest';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { VectorChange } from '../../src/core/vector.ts';
import { statePointId } from '../../src/vector/qdrant/point-id.ts';
import { createQdrantClient } from '../../src/vector/qdrant/qdrant-client.ts';
import { openQdrantCollection } from '../../src/vector/qdrant/qdrant-collection.ts';
import { openQdrantIndex } from '../../src/vector/qdrant/qdrant-index.ts';
import { createQdrantServer } from '../../src/vector/qdrant/qdrant-server.ts';
import { startFaultyProxy } from '../support/faulty-proxy.ts';
import { filledMemory } from '../support/filled-store.ts';
import { missingOpenApi, openRequestCheck } from '../support/qdrant-openapi.ts';
import { removeCollection } from '../support/qdrant-requests.ts';
import { missingQdrant, openQdrant, type QdrantServer } from '../support/qdrant-server.ts';
import { randomNumbers, randomUnitVector } from '../support/vectors.ts';

const skip = missingQdrant();
let server: QdrantServer;

beforeAll(async () => {
  if (skip === undefined) server = await openQdrant();
});
afterAll(() => server?.stop());

const space = { id: 'clients@1#none#none#none#none#whole', dimensions: 24 };
const random = randomNumbers(8);
const vector = () => randomUnitVector(random, space.dimensions);

function put(id: number): VectorChange {
  const memory = { id, ...filledMemory(id) };
  return { op: 'put', id, key: memory.key, chunk: 0, vector: vector(), memory };
}

const filter = {
  predicate: {
    tags: ['tag 1', '食べ物'],
    tagMatch: 'all',
    happenedFrom: '2026-01-01T00:00:00.000Z',
    happenedBefore: '2027-01-01T00:00:00.000Z',
    minImportance: 0.2,
    states: { emotion: 'joy' },
    deleted: 'exclude',
  },
  ids: () => new Set<number>(),
} as const;

async function fill(url: string) {
  const name = `memory_test_${randomUUID()}`;
  onTestFinished(() => removeCollection(server.url, name));
  const client = createQdrantClient({ url, apiKey: process.env.QDRANT_API_KEY, clock: systemClock });
  const place = { file: '', storeId: name, epoch: 'one', tagOf: (generation: number) => `tag-${generation}` };
  const index = await openQdrantIndex({ space, place, collection: name, client, clock: systemClock });
  await createQdrantServer(client).check();
  const changes = Array.from({ length: 300 }, (_, at) => put(at + 1));
  await index.apply(changes, 300);
  return { name, client, index, changes };
}

describe.skipIf(skip !== undefined)(`the official client${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
  it('finds in a collection what the driver has put there', async () => {
    const { name, index, changes } = await fill(server.url);
    const official = new QdrantClient({
      url: server.url,
      ...(process.env.QDRANT_API_KEY !== undefined && { apiKey: process.env.QDRANT_API_KEY }),
      checkCompatibility: false,
    });
    expect((await official.count(name, { exact: true })).count).toBe(changes.length + 1);
    const { payload_schema } = await official.getCollection(name);
    expect(payload_schema['filter.tags']).toMatchObject({ data_type: 'keyword' });
    const query = vector();
    const own = await index.nearest(query, 20);
    const { points } = await official.query(name, {
      query: [...query],
      limit: 20,
      params: { exact: true },
      with_payload: true,
    });
    expect(points.map(({ payload }) => payload?.vector_id)).toEqual(own.map(({ id }) => id));
    for (const [at, { score }] of points.entries()) expect(score).toBeCloseTo(own[at]?.score ?? Number.NaN, 5);
    const best = changes[(own[0]?.id ?? 0) - 1];
    if (best?.op !== 'put') throw new Error('the best is not among the changes');
    const { id: _, ...memory } = best.memory;
    expect(points[0]?.payload).toMatchObject(
      Object.fromEntries(Object.entries(memory).filter(([, it]) => it !== undefined)),
    );
    const [state] = await official.retrieve(name, { ids: [statePointId], with_payload: true });
    expect(state?.payload).toMatchObject({ generation: 300, store_id: name });
  });
});

const unchecked = skip ?? missingOpenApi;

describe.skipIf(unchecked !== undefined)(
  `Qdrant's OpenAPI description${unchecked === undefined ? '' : ` (skipped: ${unchecked})`}`,
  () => {
    it('knows every request that is made', async () => {
      const check = await openRequestCheck();
      const proxy = await startFaultyProxy(server.url);
      onTestFinished(() => proxy.close());
      const { name, client, index, changes } = await fill(proxy.url);
      const [first, second] = changes;
      if (first?.op !== 'put' || second?.op !== 'put') throw new Error('nothing was put');
      await index.apply(
        [
          { op: 'payload', key: first.key, memory: { ...first.memory, tags: [], emotion: undefined } },
          { op: 'drop', id: second.id, key: second.key, chunk: 0 },
        ],
        302,
      );
      await index.nearest(vector(), 10);
      await index.nearest(vector(), 10, filter);
      expect(await index.size()).toBe(299);
      expect(await index.appliedGeneration()).toBe(302);
      const reading = { timeZone: 'UTC', now: new Date() };
      const collection = openQdrantCollection({ client, name, reading });
      for await (const page of collection.pages()) expect(page.memories.length).toBeGreaterThan(0);
      await collection.read([{ key: first.key, chunk: 0 }]);
      await index.reset(302);
      await index.resume?.();

      const kinds = new Set(proxy.asked.map(({ method, path }) => `${method} ${path.replace(name, '{name}')}`));
      expect([...kinds].toSorted()).toEqual([
        'GET /',
        'GET /collections',
        'GET /collections/{name}',
        'POST /collections/{name}/points',
        'POST /collections/{name}/points/batch?wait=true',
        'POST /collections/{name}/points/count',
        'POST /collections/{name}/points/delete?wait=true',
        'POST /collections/{name}/points/query',
        'POST /collections/{name}/points/scroll',
        'PUT /collections/{name}',
        'PUT /collections/{name}/index?wait=true',
        'PUT /collections/{name}/points?wait=true',
      ]);
      expect(proxy.asked.flatMap(check)).toEqual([]);
    });

    it('would have found mistakes', async () => {
      const check = await openRequestCheck();
      const query = { method: 'POST', path: '/collections/x/points/query' };
      for (const [asked, mistake] of [
        [{ ...query, body: '{"query":[1],"limit":0}' }, /limit must be >= 1/],
        [{ ...query, body: '{"query":[1],"filters":{}}' }, /unknown filters/],
        [{ ...query, body: '{"query":[1],"filter":{"musts":[]}}' }, /must NOT have additional properties/],
        [{ method: 'PUT', path: '/collections/x', body: '{"vectors":{"size":3,"distance":"cosine"}}' }, /distance/],
        [{ method: 'PUT', path: '/collections/x/points?waits=true', body: '{"points":[]}' }, /no parameter waits/],
        [{ method: 'POST', path: '/collections/x/points/search', body: '{}' }, /is not described/],
      ] as const) {
        expect(check(asked).join('\n')).toMatch(mistake);
      }
    });
  },
);
