/**
 * The first start on a machine without a model, with a local server in the hub's place: the model comes in the
 * background while memories are stored and found by their words, and from then on the hub is not needed.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HubServer, openHubServer } from '../support/hub-server.ts';
import {
  folderOfTest,
  recallOf,
  searchInFull,
  storedVectors,
  tinyModels,
  untilEmbedded,
} from '../support/model-servers.ts';
import { spawnServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const embedder = 'someone/tiny-embed';
const reranker = 'someone/tiny-rerank';

async function openHub(): Promise<HubServer> {
  const hub = await openHubServer({ [embedder]: 'tiny-embed', [reranker]: 'tiny-rerank' });
  onTestFinished(() => hub.close());
  return hub;
}

function fromHub({ endpoint }: HubServer, changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    HF_ENDPOINT: endpoint,
    MEMORY_MCP_EMBEDDINGS_MODEL: embedder,
    MEMORY_MCP_RERANKER_MODEL: reranker,
    ...changes,
  };
}

const alone = { MEMORY_MCP_RERANKER_MODEL: 'none' };

describe('models from the hub', () => {
  it('come in the background: until then memories are found by words, afterwards by meaning', async () => {
    const hub = await openHub();
    hub.misbehave({ slow: 300 });
    const server = await spawnServer({ env: fromHub(hub) });
    expect(hub.requests).toEqual([]);
    const { key, vector } = await server.create('苺のアレルギーがある');
    expect(vector).toBe('queued');
    await server.create('引っ越しは来年の春');
    await until(async () => (await recallOf(server)).state === 'downloading', 'the download is seen');
    expect(await recallOf(server)).toMatchObject({ mode: 'keyword', queued: 2, progress: expect.any(Number) });
    expect(await server.search('苺')).toMatchObject({
      mode: 'keyword',
      total: 1,
      results: [{ key }],
      degraded_reason: expect.stringMatching(/tiny-embed .*(fetched|downloaded)/),
    });

    await untilEmbedded(server);
    const { results, mode } = await searchInFull(server, '苺のアレルギーがあった');
    expect(mode).toBe('hybrid');
    expect(results[0]).toMatchObject({ key, why: { vector: expect.any(Number), rerank: expect.any(Number) } });
    const { spaces } = await storedVectors(server.dataDir);
    expect(Object.entries(spaces)).toEqual([[expect.stringMatching(/^someone\/tiny-embed@[0-9a-f]{40}#/), 2]]);
  });

  it('are all that the next start needs: it asks the hub for nothing', async () => {
    const hub = await openHub();
    const first = await spawnServer({ env: fromHub(hub) });
    const { key } = await first.create('苺のアレルギーがある');
    await untilEmbedded(first);
    await searchInFull(first, 'アレルギー');
    await first.create('引っ越しは来年の春');
    await untilEmbedded(first);
    await searchInFull(first, 'アレルギー');
    await first.close();

    const { currentSpace } = await storedVectors(first.dataDir);
    for (const changes of [{ HF_HUB_OFFLINE: '1' }, {}]) {
      const before = hub.requests.length;
      const next = await spawnServer({ dataDir: first.dataDir, env: fromHub(hub, changes) });
      const { results } = await searchInFull(next, '苺のアレルギーがあった');
      expect(results[0]).toMatchObject({ key, why: { rerank: expect.any(Number) } });
      expect(await storedVectors(first.dataDir)).toMatchObject({ currentSpace, puts: 2 });
      expect(hub.requests).toHaveLength(before);
    }
  });

  it('arrive over a connection that breaks again and again', async () => {
    const hub = await openHub();
    hub.misbehave({ cutAfter: 40_000, slow: 5 });
    const server = await spawnServer({ env: fromHub(hub, alone) });
    await server.create('苺のアレルギーがある');
    await untilEmbedded(server);
    const whole = hub.requests.filter(({ server }) => server === 'storage');
    // Where exactly a cut falls is the network's affair; that each attempt goes on behind the last one is ours.
    const [first, ...later] = whole.map(({ range }) => range);
    const starts = later.map((range) => Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1]));
    expect(first).toBeUndefined();
    expect(starts.length).toBeGreaterThanOrEqual(3);
    expect(starts).toEqual(starts.toSorted((one, other) => one - other));
    expect(starts[0]).toBeGreaterThan(0);
  });

  it('are fetched on from where a server that was killed had come', async () => {
    const hub = await openHub();
    hub.misbehave({ slow: 200 });
    const first = await spawnServer({ env: fromHub(hub, alone) });
    await first.create('苺のアレルギーがある');
    await until(async () => Number((await recallOf(first)).progress) >= 40, 'a part has come');
    await first.kill();
    const whole = hub.requests.filter(({ server }) => server === 'storage');
    expect(whole.map(({ range }) => range)).toEqual([undefined]);

    hub.misbehave({});
    const next = await spawnServer({ dataDir: first.dataDir, env: fromHub(hub, alone) });
    await untilEmbedded(next);
    expect(hub.requests.filter(({ server }) => server === 'storage').map(({ range }) => range)).toEqual([
      undefined,
      expect.stringMatching(/^bytes=\d{5,}-$/),
    ]);
    const files = readdirSync(join(first.dataDir, 'cache/huggingface', embedder), { recursive: true });
    expect(files.filter((file) => String(file).endsWith('.partial'))).toEqual([]);
  });

  it('are fetched once by two servers that start together', async () => {
    const hub = await openHub();
    hub.misbehave({ slow: 50 });
    const dataDir = join(folderOfTest(), 'data');
    const env = fromHub(hub, alone);
    const servers = await Promise.all(
      ['aoi', 'ren'].map((persona) => spawnServer({ dataDir, args: ['--persona', persona], env })),
    );
    await Promise.all(servers.map((server) => server.create('苺のアレルギーがある')));
    await Promise.all(servers.map(untilEmbedded));
    expect(hub.requests.filter(({ server }) => server === 'storage')).toHaveLength(1);
  });

  it('do not leave a persona without meaning while they come, if it has an older one', async () => {
    const hub = await openHub();
    hub.misbehave({ slow: 500 });
    const first = await spawnServer({ env: tinyModels(alone) });
    const { key } = await first.create('苺のアレルギーがある');
    await untilEmbedded(first);
    await first.close();

    const env = fromHub(hub, { ...alone, MEMORY_MCP_EMBEDDINGS_DOCUMENT_PREFIX: 'other: ' });
    const next = await spawnServer({ dataDir: first.dataDir, env });
    await until(async () => (await recallOf(next)).state === 'downloading', 'the download is seen');
    const { results } = await searchInFull(next, '苺のアレルギー', { mode: 'semantic' });
    expect(results[0]?.key).toBe(key);
    expect(await recallOf(next)).toMatchObject({ state: 'downloading', mode: 'hybrid' });
    await until(async () => {
      const { currentSpace = '', spaces } = await storedVectors(first.dataDir);
      return currentSpace.startsWith(embedder) && Object.keys(spaces).length === 1;
    }, 'the new model has taken over');
    expect((await searchInFull(next, '苺のアレルギー', { mode: 'semantic' })).results[0]?.key).toBe(key);
  });
});
