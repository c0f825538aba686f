/** The contract of vector indexes, kept by Qdrant: a server at QDRANT_URL, or its engine behind a test server. */
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { createQdrantClient } from '../../src/vector/qdrant/qdrant-client.ts';
import { openQdrantIndex } from '../../src/vector/qdrant/qdrant-index.ts';
import { removeCollection } from '../support/qdrant-requests.ts';
import { missingQdrant, openQdrant, type QdrantServer } from '../support/qdrant-server.ts';
import { describeVectorIndex } from './vector-index.ts';

const skip = missingQdrant();
let server: QdrantServer;

beforeAll(async () => {
  if (skip === undefined) server = await openQdrant();
});
afterAll(() => server?.stop());

describeVectorIndex(
  'qdrant index',
  async () => {
    const client = createQdrantClient({ url: server.url, apiKey: process.env.QDRANT_API_KEY, clock: systemClock });
    const storeId = randomUUID();
    const collection = `memory_test_${storeId}`;
    return {
      open: (space) =>
        openQdrantIndex({
          space,
          collection,
          client,
          clock: systemClock,
          place: {
            file: '',
            storeId,
            // A store that moves to another space gets another epoch.
            epoch: createHash('sha256').update(space.id).digest('hex'),
            tagOf: (generation) => `tag-${generation}`,
          },
        }),
      dispose: () => removeCollection(server.url, collection),
    };
  },
  { skip, runs: 25 },
);
