/**
 * A persona whose vectors are in Qdrant, while Qdrant is away, slow, empty, or not what it should be: memories are
 * stored, searches say what they went by, and the collection catches up.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RankedList } from '../../../src/search/ranked-list.ts';
import { recallStatus } from '../../../src/search/recall-status.ts';
import { createHashEmbedder } from '../../support/hash-embedder.ts';
import { openQdrantPersona, type QdrantPersonaOptions } from '../../support/qdrant-persona.ts';
import { askQdrant, countPoints, removeCollection } from '../../support/qdrant-requests.ts';
import { missingQdrant, openQdrant, type QdrantServer } from '../../support/qdrant-server.ts';
import { testFolder } from '../../support/stores.ts';

const skip = missingQdrant();
let server: QdrantServer;

beforeAll(async () => {
  if (skip === undefined) server = await openQdrant();
});
afterAll(() => server?.stop());
const openPersona = (options: Omit<QdrantPersonaOptions, 'server'> = {}) => openQdrantPersona({ server, ...options });

const patient = { timeout: 10_000, interval: 50 };

const contentsOf = (list: RankedList) => list.memories.map(({ memory }) => memory.content);

describe.skipIf(skip !== undefined)(`Qdrant${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
  it('answers searches by meaning', async () => {
    const { workspace, searchWhenBack, name } = await openPersona();
    await workspace.add('京都で犬を飼い始めた');
    await workspace.add('苺のアレルギーがある');
    const list = await searchWhenBack('京都の犬');
    expect(list).toMatchObject({ mode: 'hybrid', degraded: undefined });
    expect(contentsOf(list)[0]).toBe('京都で犬を飼い始めた');
    expect(await countPoints(server.url, name)).toBe(2 + 1);
  });

  it.each([
    ['is away', 'reset' as const, /cannot be reached/],
    ['does not answer', 'hang' as const, /did not answer within 2 s/],
    ['is overloaded', { status: 503, body: '<html>Bad gateway</html>' }, /answers 503/],
    ['limits requests', { status: 429, headers: { 'retry-after': '60' } }, /answers 429/],
    ['refuses the key', { status: 401, body: 'Invalid API key or JWT' }, /refuses .*Invalid API key or JWT/],
    ['is something else', { status: 200, body: '<html>Hello</html>' }, /something else: <html>Hello/],
    ['is not there at all', { status: 404 }, /\(404\)/],
  ])('loses nothing when it %s', async (_, fault, reason) => {
    const { workspace, search, searchWhenBack, proxy, scope } = await openPersona();
    await workspace.add('苺のアレルギーがある');
    await searchWhenBack('苺');

    proxy.fail(fault);
    const began = performance.now();
    await workspace.add('桃のアレルギーがある');
    const during = await search('アレルギー');
    expect(performance.now() - began).toBeLessThan(4_000);
    expect(during).toMatchObject({ mode: 'keyword', degraded: expect.stringMatching(reason) });
    expect(contentsOf(during)).toHaveLength(2);
    expect(recallStatus(scope)).toMatchObject({ mode: 'keyword', index_problem: expect.stringMatching(reason) });

    proxy.heal();
    const after = await searchWhenBack('アレルギー');
    expect(after).toMatchObject({ mode: 'hybrid', degraded: undefined });
    expect(after.memories.every(({ cosine }) => cosine !== undefined)).toBe(true);
    expect(recallStatus(scope)).not.toHaveProperty('index_problem');
  });

  it('does not make the next search wait for one that is overdue', async () => {
    const { workspace, search, searchWhenBack, proxy } = await openPersona();
    await workspace.add('苺のアレルギーがある');
    await searchWhenBack('苺');
    proxy.fail('hang');
    await search('苺');
    const began = performance.now();
    expect((await search('苺')).degraded).toMatch(/did not answer/);
    expect(performance.now() - began).toBeLessThan(500);
  });

  it('is asked again after a moment of trouble, within one search', async () => {
    const { workspace, search, searchWhenBack, proxy } = await openPersona();
    await workspace.add('苺のアレルギーがある');
    await searchWhenBack('苺');
    for (const fault of ['reset', { status: 503 }, { status: 429, headers: { 'retry-after': '0' } }] as const) {
      proxy.fail(fault, { times: 2 });
      expect(await search('苺')).toMatchObject({ mode: 'hybrid', degraded: undefined });
    }
  });

  it('is stood in for by the vectors of this machine where they are few', async () => {
    const { workspace, search, proxy, searchWhenBack } = await openPersona({ standIn: true });
    await workspace.add('苺のアレルギーがある');
    await searchWhenBack('苺');
    proxy.fail('reset');
    const added = await workspace.add('桃は食べられる');
    const during = await search('桃');
    expect(during).toMatchObject({ mode: 'hybrid', degraded: expect.stringMatching(/the vectors on this machine/) });
    expect(during.memories.find(({ memory }) => memory.id === added.id)?.cosine).toBeDefined();
    await workspace.store.erasure.erase([added.key]);
    expect(contentsOf(await search('桃'))).not.toContain('桃は食べられる');
    proxy.heal();
    expect(await searchWhenBack('桃')).toMatchObject({ mode: 'hybrid', degraded: undefined });
  });

  it('is filled again when it came back empty, and when its collection was deleted', async () => {
    const { workspace, searchWhenBack, name, collection } = await openPersona();
    for (const text of ['苺のアレルギーがある', '京都で犬を飼い始めた']) await workspace.add(text);
    await searchWhenBack('苺');
    await removeCollection(server.url, name);
    expect(await searchWhenBack('京都の犬')).toMatchObject({ mode: 'hybrid', degraded: undefined });
    expect(await countPoints(server.url, name)).toBe(3);

    await askQdrant(server.url, 'POST', `${collection}/points/delete?wait=true`, { filter: {} });
    expect(await searchWhenBack('京都の犬')).toMatchObject({ mode: 'hybrid', degraded: undefined });
    expect(await countPoints(server.url, name)).toBe(3);
  });

  it('is completed when some of its points are lost', async () => {
    const dataFolder = testFolder();
    const first = await openPersona({ dataFolder });
    for (const text of ['苺のアレルギーがある', '京都で犬を飼い始めた']) await first.workspace.add(text);
    await first.searchWhenBack('苺');
    expect(await countPoints(server.url, first.name)).toBe(3);
    const lost = { filter: { must: [{ key: 'content', match: { value: '苺のアレルギーがある' } }] } };
    await askQdrant(server.url, 'POST', `${first.collection}/points/delete?wait=true`, lost);
    expect(await countPoints(server.url, first.name)).toBe(2);

    const second = await openPersona({ dataFolder, name: first.name });
    expect((await second.searchWhenBack('苺')).degraded).toBeUndefined();
    expect(await countPoints(server.url, first.name)).toBe(3);
  });

  it('goes on filling where it was interrupted, with what has changed since', async () => {
    const dataFolder = testFolder();
    const first = await openPersona({ dataFolder });
    const keys: string[] = [];
    // Two pages and a bit: what is sent to a server is read in pages of 500 vectors.
    for (let number = 0; number < 1_100; number++) keys.push((await first.workspace.add(`memory ${number}`)).key);
    // An interrupted rebuild begins once the collection is there.
    await first.searchWhenBack('memory');
    const { store } = first.workspace;
    await removeCollection(server.url, first.name);
    first.proxy.fail({ status: 400 }, { matching: /PUT .*points\?/, after: 7 });
    await expect(first.workspace.indexSync.upToDate()).rejects.toThrow(/400/);
    const filled = await countPoints(server.url, first.name);
    expect(filled).toBeGreaterThan(500);
    expect(filled).toBeLessThan(1_101);
    await store.erasure.erase(keys.slice(0, 3));
    const added = await first.workspace.add('one more');

    const second = await openPersona({ dataFolder, name: first.name });
    expect((await second.searchWhenBack('one more')).memories[0]?.memory.id).toBe(added.id);
    expect(await countPoints(server.url, first.name)).toBe(1_100 - 3 + 1 + 1);
    const wasSent = (text: string) => second.proxy.asked.some(({ body }) => body.includes(`"${text}"`));
    expect([wasSent('memory 400'), wasSent('memory 1050')]).toEqual([false, true]);
  });

  it('receives what was written while nobody searched', async () => {
    const { workspace, name } = await openPersona();
    await workspace.add('苺のアレルギーがある');
    await vi.waitFor(async () => expect(await workspace.runIdleTasks(0)).toBe(true), patient);
    expect(await countPoints(server.url, name)).toBe(2);
  });

  it('does not hold what was permanently deleted while it was away', async () => {
    const { workspace, searchWhenBack, proxy, name } = await openPersona();
    const kept = await workspace.add('京都で犬を飼い始めた');
    const erased = await workspace.add('苺のアレルギーがある');
    await searchWhenBack('苺');
    proxy.fail('reset');
    await workspace.store.erasure.erase([erased.key]);
    expect(await workspace.finishErasure()).toEqual([expect.stringContaining('Qdrant at 127.0.0.1')]);
    expect(workspace.store.erasure.isPending()).toBe(true);
    expect(await workspace.runIdleTasks(0)).toBe(false);
    expect(await countPoints(server.url, name)).toBe(3);

    proxy.heal();
    await vi.waitFor(async () => expect(await workspace.runIdleTasks(0)).toBe(true), patient);
    expect(workspace.store.erasure.isPending()).toBe(false);
    const left = await askQdrant(server.url, 'POST', `/collections/${name}/points/scroll`, { with_payload: ['key'] });
    expect(JSON.stringify(left)).toContain(kept.key);
    expect(JSON.stringify(left)).not.toContain(erased.key);
  });

  it('removes the file of a local index with the next permanent deletion', async () => {
    const { workspace, searchWhenBack } = await openPersona();
    const erased = await workspace.add('苺のアレルギーがある');
    await searchWhenBack('苺');
    mkdirSync(dirname(workspace.paths.vectorIndex), { recursive: true });
    writeFileSync(workspace.paths.vectorIndex, 'vectors of the time before Qdrant');
    await workspace.store.erasure.erase([erased.key]);
    expect(await workspace.finishErasure()).toEqual([]);
    expect(existsSync(workspace.paths.vectorIndex)).toBe(false);
  });

  it('is left alone where the collection is of another store', async () => {
    const one = await openPersona();
    await one.workspace.add('苺のアレルギーがある');
    await one.searchWhenBack('苺');
    const other = await openPersona({ name: one.name });
    await other.workspace.add('秘密の話');
    const list = await other.search('秘密');
    expect(list.mode).toBe('keyword');
    const ids = [one, other].map(({ workspace }) => workspace.store.identity().storeId);
    for (const text of [one.name, ...ids]) expect(list.degraded).toContain(text);
    expect(recallStatus(other.scope).index_problem).toMatch(/left untouched\. Set qdrant_collection_prefix/);
    await expect(other.workspace.indexSync.rebuild()).rejects.toMatchObject({ code: 'conflict' });
    expect(await countPoints(server.url, one.name)).toBe(2);
    expect(await one.search('苺')).toMatchObject({ mode: 'hybrid', degraded: undefined });
  });

  it.each([
    ['of another program', { size: 48, distance: 'Cosine' }, [{ id: 7, vector: Array(48).fill(1), payload: { a: 1 } }]],
    ['of another size', { size: 3, distance: 'Cosine' }, []],
    ['of another distance', { size: 48, distance: 'Dot' }, []],
    ['of named vectors', { text: { size: 48, distance: 'Cosine' } }, []],
  ])('is left alone where the collection is %s', async (kind, vectors, points) => {
    const { workspace, search, name, collection } = await openPersona();
    await askQdrant(server.url, 'PUT', collection, { vectors });
    if (points.length > 0) await askQdrant(server.url, 'PUT', `${collection}/points?wait=true`, { points });
    await workspace.add('苺のアレルギーがある');
    const list = await search('苺');
    expect(list.mode).toBe('keyword');
    expect(list.degraded).toContain(`"${name}"`);
    expect(list.degraded).toMatch(
      kind === 'of another program'
        ? /holds 1 points that are not of this store/
        : /has vectors .*, and the model hash@1.* needs vectors of 48 dimensions compared by Cosine/,
    );
    await expect(workspace.indexSync.rebuild()).rejects.toMatchObject({ code: 'conflict' });
    expect(await countPoints(server.url, name)).toBe(points.length);
  });

  it('may be made beforehand, where it is empty and of the right shape', async () => {
    const { workspace, searchWhenBack, name, collection } = await openPersona();
    const made = { vectors: { size: 48, distance: 'Cosine' }, shard_number: 2 };
    await askQdrant(server.url, 'PUT', collection, made);
    await workspace.add('苺のアレルギーがある');
    expect(await searchWhenBack('苺')).toMatchObject({ mode: 'hybrid', degraded: undefined });
    expect(await countPoints(server.url, name)).toBe(2);
  });

  it('follows its store to another model', async () => {
    const dataFolder = testFolder();
    const first = await openPersona({ dataFolder });
    const { key } = await first.workspace.add('苺のアレルギーがある');
    await first.searchWhenBack('苺');
    const embedder = createHashEmbedder({ name: 'wider', dimensions: 64 });
    const space = embedder.space();
    const memory = first.workspace.store.memories.read(key);
    if (space === undefined || memory === undefined) throw new Error('nothing to move');
    const { vectors } = await embedder.embedDocument(memory.content, { priority: 'background' });
    await first.workspace.store.vectors.put(memory, space, vectors);
    await first.workspace.store.vectors.switchTo(space);

    const second = await openPersona({ dataFolder, name: first.name, embedder });
    expect(await second.searchWhenBack('苺')).toMatchObject({ mode: 'hybrid', degraded: undefined });
    const { config } = Object(await askQdrant(server.url, 'GET', first.collection));
    expect(config.params.vectors.size).toBe(64);
  });
});
