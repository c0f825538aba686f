/**
 * A persona changes its embedding model: vectors of the new one are made in the background while the old one serves,
 * searches move over at once, the old vectors go; whatever is killed meanwhile, it ends with one space and right answers.
 */
import { createHash } from 'node:crypto';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeTestModel } from '../../scripts/test-model/test-models.ts';
import { dataPaths, personaPaths } from '../../src/config/paths.ts';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import {
  folderOfTest,
  heldWhile,
  recallOf,
  searchInFull,
  slowedBy,
  storedVectors,
  tinyModels,
  untilEmbedded,
} from '../support/model-servers.ts';
import { spawnServer, type TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';

/** Texts that even the tiny model tells apart. */
const textOf = (n: number) => createHash('sha256').update(`text ${n}`).digest('base64url');
const before = tinyModels({ MEMORY_MCP_RERANKER_MODEL: 'none' });
const after = { ...before, MEMORY_MCP_EMBEDDINGS_DOCUMENT_PREFIX: 'another prefix: ' };

/** A data folder with memories that have their vectors of the first model. */
async function dataWithVectors(memories: number, env = before): Promise<{ dataDir: string; oldSpace: string }> {
  const dataDir = join(folderOfTest(), 'data');
  const server = await spawnServer({ dataDir, env });
  for (let n = 0; n < memories; n++) await server.create(textOf(n));
  await untilEmbedded(server);
  await server.close();
  const { currentSpace = '' } = await storedVectors(dataDir);
  return { dataDir, oldSpace: currentSpace };
}

async function expectRightAnswers(server: TestServer, count: number): Promise<void> {
  for (let n = 0; n < count; n += 7) {
    const { results, mode } = await searchInFull(server, textOf(n), { mode: 'semantic' });
    expect([mode, results[0]?.content]).toEqual(['semantic', textOf(n)]);
  }
}

async function expectMoved(dataDir: string, { from, memories }: { from: string; memories: number }): Promise<void> {
  await until(async () => Object.keys((await storedVectors(dataDir)).spaces).length === 1, 'one space is left');
  const { currentSpace = '', spaces, without } = await storedVectors(dataDir);
  expect(currentSpace).not.toBe(from);
  expect({ spaces, without }).toEqual({ spaces: { [currentSpace]: memories }, without: 0 });
}

describe('another embedding model', () => {
  it('is made ready while the old one serves, then takes over in one moment', async () => {
    const memories = 60;
    const { dataDir, oldSpace } = await dataWithVectors(memories);
    const server = await spawnServer({ dataDir, env: { ...after, ...slowedBy(60) } });
    let served = 0;
    await until(async () => {
      const n = (served * 11) % memories;
      const { results, mode, degraded_reason } = await server.search(textOf(n), { mode: 'semantic' });
      // By whatever means it is answered, it is answered right.
      expect(results[0]?.content).toBe(textOf(n));
      const { currentSpace, spaces } = await storedVectors(dataDir);
      if (currentSpace === oldSpace) {
        expect(spaces[oldSpace]).toBe(memories);
        if (mode === 'semantic' && degraded_reason === undefined && Object.keys(spaces).length === 2) served++;
        return false;
      }
      expect(spaces[currentSpace ?? '']).toBe(memories);
      return true;
    }, 'searches have moved to the new space');
    expect(served).toBeGreaterThan(2);
    await expectMoved(dataDir, { from: oldSpace, memories });
    await expectRightAnswers(server, memories);
    expect(await recallOf(server)).toMatchObject({ mode: 'hybrid', state: 'ready', queued: 0 });
  });

  it('leaves nothing unfound that is stored and changed meanwhile', async () => {
    const { dataDir, oldSpace } = await dataWithVectors(20);
    const server = await spawnServer({ dataDir, env: { ...after, ...slowedBy(15) } });
    const { results } = await server.search(textOf(3), { mode: 'keyword' });
    expect(results[0]?.content).toBe(textOf(3));
    await server.create(textOf(100));
    await server.call('memory_update', { key: results[0]?.key, content: textOf(101) });
    await server.create(textOf(102));
    await untilEmbedded(server);
    await expectMoved(dataDir, { from: oldSpace, memories: 22 });
    for (const n of [100, 101, 102]) {
      expect((await searchInFull(server, textOf(n), { mode: 'semantic' })).results[0]?.content).toBe(textOf(n));
    }
  });

  it('can be killed at any moment: the next server goes on and ends with one space', async () => {
    const memories = 40;
    const { dataDir, oldSpace } = await dataWithVectors(memories);
    for (const reached of [1, 15, 30]) {
      const server = await spawnServer({ dataDir, env: { ...after, ...slowedBy(15) } });
      await recallOf(server);
      await until(async () => {
        const { [oldSpace]: _, ...others } = (await storedVectors(dataDir)).spaces;
        return Object.values(others).some((rows) => rows >= reached);
      }, `${reached} vectors of the new space`);
      await server.kill();
    }
    const last = await spawnServer({ dataDir, env: after });
    await untilEmbedded(last);
    await expectMoved(dataDir, { from: oldSpace, memories });
    // None of them was made twice.
    expect((await storedVectors(dataDir)).puts).toBe(2 * memories);
    await expectRightAnswers(last, memories);
  });

  it('removes old vectors that a killed server has left behind', async () => {
    const { dataDir, oldSpace } = await dataWithVectors(10);
    // As if it had been killed between the move and the removal.
    const { database } = personaPaths(dataPaths(dataDir), 'default');
    const store = await openMemoryStore({ path: database, persona: 'default', busyTimeout: 1_000 });
    const older = { id: 'an/older-model@1#f#q8#mean#0#whole', dimensions: 2 };
    for (const memory of store.memories.list({ filter: { deleted: 'exclude' }, order: 'newest', limit: 5 })) {
      await store.vectors.put(memory, older, [Float32Array.of(1, 0)]);
    }
    await store.close();

    const server = await spawnServer({ dataDir, env: before });
    await recallOf(server);
    await until(
      async () => Object.keys((await storedVectors(dataDir)).spaces).length === 1,
      'the old vectors are gone',
    );
    expect(await storedVectors(dataDir)).toMatchObject({ currentSpace: oldSpace, spaces: { [oldSpace]: 10 } });
  });

  it('answers by words where the old one is no longer on this machine, and by meaning once it is ready', async () => {
    const model = join(folderOfTest(), 'model');
    cpSync(writeTestModel('tiny-embed'), model, { recursive: true });
    const { dataDir, oldSpace } = await dataWithVectors(10, { ...before, MEMORY_MCP_EMBEDDINGS_MODEL: model });
    rmSync(model, { recursive: true });
    const gate = join(folderOfTest(), 'hold');
    const server = await spawnServer({ dataDir, env: { ...after, ...heldWhile(gate) } });
    // Loads the new model before the queue is held up.
    await until(async () => (await recallOf(server)).queued > 0, 'the change has begun');
    writeFileSync(gate, '');
    const reply = await server.search(textOf(4));
    expect(reply.results[0]?.content).toBe(textOf(4));
    rmSync(gate);
    await untilEmbedded(server);
    await expectMoved(dataDir, { from: oldSpace, memories: 10 });
    await expectRightAnswers(server, 10);
  });
});

describe('two servers with different models on one persona', () => {
  it('do not take turns for ever: the later one decides, and the earlier one uses its model', async () => {
    const memories = 15;
    const { dataDir, oldSpace } = await dataWithVectors(memories);
    const earlier = await spawnServer({ dataDir, env: before });
    await expectRightAnswers(earlier, memories);
    await until(async () => (await recallOf(earlier)).queued === 0, 'the earlier server has looked at its queue');
    const later = await spawnServer({ dataDir, env: after });
    await untilEmbedded(later);
    await expectMoved(dataDir, { from: oldSpace, memories });

    await until(async () => {
      await recallOf(earlier);
      return earlier.stderr().includes('Another server has switched this persona');
    }, 'the earlier server says that it has noticed');
    await earlier.create(textOf(50));
    await later.create(textOf(51));
    await untilEmbedded(earlier);
    await untilEmbedded(later);
    for (const server of [earlier, later]) {
      await expectRightAnswers(server, memories);
      for (const n of [50, 51]) {
        expect((await searchInFull(server, textOf(n), { mode: 'semantic' })).results[0]?.content).toBe(textOf(n));
      }
    }
    await expectMoved(dataDir, { from: oldSpace, memories: memories + 2 });
    expect((await storedVectors(dataDir)).puts).toBe(2 * memories + 2);
  });
});
