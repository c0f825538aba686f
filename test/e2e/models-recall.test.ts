/**
 * What a model adds to a server, and what is left without one: receipts, searches by meaning, the reranker's order, and
 * replies that say what is missing and how to get it.
 */
import { copyFileSync, cpSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeTestModel } from '../../scripts/test-model/test-models.ts';
import { describeEachEra } from '../support/eras.ts';
import {
  folderOfTest,
  heldWhile,
  recallOf,
  searchInFull,
  slowLoading,
  storedVectors,
  tinyModels,
  untilEmbedded,
} from '../support/model-servers.ts';
import { spawnServer } from '../support/server.ts';
import { repositoryRoot } from '../support/surroundings.ts';
import { until } from '../support/until.ts';

const embedderAlone = { MEMORY_MCP_RERANKER_MODEL: 'none' };
const question = 'yellow bicycling seaside';
/** Both hold two words of the question. This one holds most of the letters of the third. */
const near = 'yellow seaside cycling';
/** Written later, and for words therefore the first. */
const far = 'yellow seaside gardens';

describeEachEra('a server with an embedder and a reranker', (spawn) => {
  it('gives memories their vectors, finds them by meaning, and lets the reranker settle near ties', async () => {
    const server = await spawn({ env: tinyModels() });
    for (const content of [near, far, '苺のアレルギーがある', '引っ越しは来年の春']) {
      expect(await server.create(content)).toMatchObject({ stored: true, lexical: 'indexed' });
    }
    await untilEmbedded(server);
    expect(await storedVectors(server.dataDir)).toMatchObject({ memories: 4, without: 0, puts: 4, failures: [] });
    expect(await recallOf(server)).toMatchObject({ mode: 'hybrid', model: 'tiny-embed', state: 'ready' });

    for (const mode of ['hybrid', 'semantic', 'keyword']) {
      const reply = await searchInFull(server, question, { mode });
      expect(reply.mode).toBe(mode);
      expect(reply.results.map(({ content }) => content).slice(0, 2)).toEqual([near, far]);
      const [first, second] = reply.results.map(({ why }) => why.rerank ?? Number.NaN);
      expect(first).toBeGreaterThan(second ?? Number.NaN);
      const scores = reply.results.map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((one, other) => other - one));
      if (mode !== 'keyword') expect(reply.results.map(({ why }) => why.vector)).not.toContain(undefined);
    }
    // Words alone and no reranker: the newer one is first.
    const plain = await spawn({
      dataDir: server.dataDir,
      env: tinyModels({ MEMORY_MCP_RERANKER_MODEL: 'none' }),
    });
    const { results } = await plain.search(question, { mode: 'keyword' });
    expect(results.map(({ content }) => content).slice(0, 2)).toEqual([far, near]);
    expect(results.every(({ why }) => why.rerank === undefined)).toBe(true);
  });
});

describe('the first search of a session', () => {
  it('waits for a model that is being loaded, and says so', async () => {
    const before = await spawnServer({ env: tinyModels(embedderAlone) });
    const { dataDir } = before;
    await before.create('自転車で海まで走った');
    await untilEmbedded(before);
    await before.kill();

    const server = await spawnServer({ dataDir, env: { ...tinyModels(embedderAlone), ...slowLoading(3_000) } });
    await server.call('get_context');
    const reply = await server.search('海');
    expect([reply.mode, reply.degraded_reason]).toEqual(['hybrid', undefined]);
    expect(reply.waited_for).toMatch(/^the model tiny-embed to be loaded, \d+\.\d s$/);
  });
});

describe('a receipt', () => {
  it('says queued while the model is being loaded, and indexed once it is warm', async () => {
    const gate = join(folderOfTest(), 'hold');
    writeFileSync(gate, '');
    const server = await spawnServer({ env: { ...tinyModels(), ...heldWhile(gate) } });
    expect(await server.create('the first text')).toMatchObject({ vector: 'queued' });
    expect((await server.search('first text')).results).toHaveLength(1);
    rmSync(gate);
    await untilEmbedded(server);
    let count = 0;
    await until(
      async () => (await server.create(`another text ${++count}`)).vector === 'indexed',
      'a receipt: indexed',
    );
    await untilEmbedded(server);
    expect(await storedVectors(server.dataDir)).toMatchObject({ without: 0, puts: count + 1 });
  });

  it('of a text that is known already says whether it has its vector', async () => {
    const server = await spawnServer({ env: tinyModels() });
    await server.create('the same text');
    await untilEmbedded(server);
    expect(await server.create('the same text')).toMatchObject({ stored: false, vector: 'indexed' });
  });
});

describe('a text that changes', () => {
  it('that is updated while it is embedded never gets the old vector', async () => {
    const gate = join(folderOfTest(), 'hold');
    const server = await spawnServer({ env: { ...tinyModels(), ...heldWhile(gate) } });
    const probe = await server.create('warm up');
    await untilEmbedded(server);

    writeFileSync(gate, '');
    const { key, vector } = await server.create('strawberries in the garden');
    expect(vector).toBe('queued');
    await server.call('memory_update', { key, content: 'quantum lectures on Monday' });
    rmSync(gate);
    await untilEmbedded(server);
    const found = async (query: string) =>
      (await searchInFull(server, query, { mode: 'semantic' })).results.map(
        (hit) => [hit.key, hit.why.vector] as const,
      );
    const old = await found('strawberries in the garden');
    const now = await found('quantum lectures on Monday');
    expect(now[0]?.[0]).toBe(key);
    expect(now[0]?.[1]).toBeGreaterThan(0.9);
    expect(old.find(([hit]) => hit === key)?.[1]).toBeLessThan(0.9);
    expect(old.map(([hit]) => hit).toSorted()).toEqual([key, probe.key].toSorted());
    expect(await storedVectors(server.dataDir)).toMatchObject({ memories: 2, without: 0 });
  });
});

describe('a server without a model', () => {
  it('that is meant to have none says off, searches by words, and starts no process', async () => {
    const server = await spawnServer();
    expect(await server.create('苺のアレルギーがある')).toMatchObject({ vector: 'off' });
    expect(await recallOf(server)).toMatchObject({ mode: 'keyword', state: 'off', queued: 0 });
    for (const mode of ['hybrid', 'semantic', 'keyword']) {
      const reply = await server.search('苺', { mode });
      expect(reply).toMatchObject({ mode: 'keyword', total: 1 });
      expect(reply.degraded_reason).toBe(mode === 'keyword' ? undefined : 'No embedding model is configured');
    }
  });

  it('where the hub may not be asked says how to get it', async () => {
    const server = await spawnServer({
      env: { MEMORY_MCP_EMBEDDINGS_MODEL: 'someone/some-model', MEMORY_MCP_MODEL_DOWNLOAD: 'never' },
    });
    expect(await server.create('苺のアレルギーがある')).toMatchObject({ vector: 'queued' });
    const fix = expect.stringContaining('memory-mcp download-models');
    expect(await server.search('苺')).toMatchObject({ mode: 'keyword', total: 1, degraded_reason: fix });
    expect(await recallOf(server)).toMatchObject({ mode: 'keyword', state: 'absent', queued: 1, detail: fix });
  });

  it('uses the one that appears in its folder while it runs, also for what was stored before', async () => {
    const model = join(folderOfTest(), 'model');
    const server = await spawnServer({ env: { MEMORY_MCP_EMBEDDINGS_MODEL: model } });
    const { key, vector } = await server.create('苺のアレルギーがある');
    expect(vector).toBe('queued');
    const reason = expect.stringContaining('onnx/model_quantized.onnx');
    expect(await server.search('苺')).toMatchObject({ mode: 'keyword', total: 1, degraded_reason: reason });
    expect(await recallOf(server)).toMatchObject({ state: 'absent', detail: reason });

    cpSync(writeTestModel('tiny-embed'), model, { recursive: true });
    expect((await searchInFull(server, '苺のアレルギー', { mode: 'semantic' })).results[0]?.key).toBe(key);
    expect(await recallOf(server)).toMatchObject({ mode: 'hybrid', state: 'ready', queued: 0 });
  });

  it('with a damaged file reports it, and recovers when the file is replaced', async () => {
    const model = join(folderOfTest(), 'model');
    cpSync(writeTestModel('tiny-embed'), model, { recursive: true });
    const graph = join(model, 'onnx/model_quantized.onnx');
    truncateSync(graph, 70_000);
    const server = await spawnServer({ env: { MEMORY_MCP_EMBEDDINGS_MODEL: model } });
    const { key } = await server.create('苺のアレルギーがある');
    const reason = expect.stringContaining('model_quantized.onnx cannot be loaded');
    await until(async () => (await recallOf(server)).state === 'failed', 'the model has failed');
    expect(await recallOf(server)).toMatchObject({ mode: 'keyword', queued: 1, detail: reason });
    expect(await server.search('苺')).toMatchObject({ mode: 'keyword', total: 1, degraded_reason: reason });
    expect(await server.create('another')).toMatchObject({ stored: true, vector: 'queued' });
    expect((await storedVectors(server.dataDir)).failures).toEqual([]);

    copyFileSync(join(model, 'onnx/model.onnx'), `${graph}.new`);
    renameSync(`${graph}.new`, graph);
    await untilEmbedded(server);
    expect((await searchInFull(server, '苺のアレルギー', { mode: 'semantic' })).results[0]?.key).toBe(key);
    expect(await storedVectors(server.dataDir)).toMatchObject({ without: 0, failures: [] });
  });

  it('without an installed runtime reports it, and everything else works', async () => {
    const server = await spawnServer({ env: tinyModels(), binary: installationWithoutRuntime() });
    expect(await server.create('苺のアレルギーがある')).toMatchObject({ stored: true, vector: 'queued' });
    await until(async () => (await recallOf(server)).state === 'runtime missing', 'the runtime is missing');
    const reason = expect.stringContaining('onnxruntime-node');
    expect(await recallOf(server)).toMatchObject({ mode: 'keyword', queued: 1, detail: reason });
    expect(await server.search('苺')).toMatchObject({ mode: 'keyword', total: 1, degraded_reason: reason });
    expect((await storedVectors(server.dataDir)).failures).toEqual([]);
  });

  it('says that the runtime is missing before it says that its model is', async () => {
    const env = { MEMORY_MCP_EMBEDDINGS_MODEL: 'someone/some-model', HF_HUB_OFFLINE: '1' };
    const server = await spawnServer({ env, binary: installationWithoutRuntime() });
    const reason = expect.stringMatching(/onnxruntime-node is not installed.*npm install --include=optional/s);
    expect(await recallOf(server)).toMatchObject({ state: 'runtime missing', detail: reason });
    await server.create('苺のアレルギーがある');
    expect(await server.search('苺')).toMatchObject({ mode: 'keyword', total: 1, degraded_reason: reason });
  });
});

/** The built program where every package but onnxruntime-node can be found. Returns its launcher. */
function installationWithoutRuntime(): string {
  const place = folderOfTest();
  for (const part of ['package.json', 'bin', 'dist']) {
    cpSync(join(repositoryRoot, part), join(place, part), { recursive: true });
  }
  mkdirSync(join(place, 'node_modules'));
  for (const name of ['better-sqlite3', 'better-sqlite3-prebuilt']) {
    symlinkSync(join(repositoryRoot, 'node_modules', name), join(place, 'node_modules', name));
  }
  return join(place, 'bin', 'memory-mcp.js');
}
