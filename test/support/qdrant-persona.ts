/** A persona whose vectors are in Qdrant, with a proxy in between that a test can make fail. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { Scope } from '../../src/persona/scope.ts';
import { type RankedList, rankMemories } from '../../src/search/ranked-list.ts';
import { openFlatIndex } from '../../src/vector/flat-index.ts';
import { createQdrantClient } from '../../src/vector/qdrant/qdrant-client.ts';
import { openQdrantIndex } from '../../src/vector/qdrant/qdrant-index.ts';
import { createQdrantServer } from '../../src/vector/qdrant/qdrant-server.ts';
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts';
import { createHashEmbedder } from './hash-embedder.ts';
import { removeCollection } from './qdrant-requests.ts';
import type { QdrantServer } from './qdrant-server.ts';
import { live, testFolder } from './stores.ts';
import { openTestWorkspace, type TestWorkspace } from './workspace.ts';

export interface QdrantPersona {
  readonly workspace: TestWorkspace;
  readonly scope: Scope;
  readonly proxy: FaultyProxy;
  /** The collection and its address in Qdrant. */
  readonly name: string;
  readonly collection: string;
  search(query: string): Promise<RankedList>;
  /** The same until the collection has caught up. */
  searchWhenBack(query: string): Promise<RankedList>;
}

export interface QdrantPersonaOptions {
  readonly server: QdrantServer;
  readonly name?: string;
  readonly dataFolder?: string;
  readonly standIn?: boolean;
  readonly embedder?: ReturnType<typeof createHashEmbedder>;
  readonly apiKey?: string;
}

export async function openQdrantPersona({
  server,
  name = `memory_test_${randomUUID()}`,
  dataFolder = testFolder(),
  standIn = false,
  embedder = createHashEmbedder(),
  apiKey = process.env.QDRANT_API_KEY,
}: QdrantPersonaOptions): Promise<QdrantPersona> {
  const proxy = await startFaultyProxy(server.url);
  const client = createQdrantClient({ url: proxy.url, apiKey, clock: systemClock, cooldownMilliseconds: 50 });
  const workspace = await openTestWorkspace({
    dataFolder,
    embedder,
    index: {
      openIndex: (space, place) => openQdrantIndex({ space, place, collection: name, client, clock: systemClock }),
      indexServer: createQdrantServer(client),
      openStandIn: standIn ? (space) => openFlatIndex({ space, logger: silentLogger }) : undefined,
    },
  });
  onTestFinished(async () => {
    client.close();
    await workspace.close();
    await proxy.close();
    await removeCollection(server.url, name);
  });
  const scope: Scope = {
    workspace,
    settings: { timezone: 'UTC', reranker_top_n: 5, rerank_candidates: 5, recent_memories_count: 5 },
    backups: dataFolder,
    openServerPlace: () => {
      throw new Error('this test has no server');
    },
    caller: { source: 'test', readOnly: false },
    clock: systemClock,
    logger: silentLogger,
  };
  const search = (query: string) => rankMemories(scope, { query }, 'hybrid', live);
  return {
    workspace,
    scope,
    proxy,
    name,
    collection: `/collections/${name}`,
    search,
    async searchWhenBack(query) {
      for (const deadline = Date.now() + 10_000; ; await sleep(50)) {
        const list = await search(query);
        if (list.degraded === undefined || Date.now() > deadline) return list;
      }
    },
  };
}
