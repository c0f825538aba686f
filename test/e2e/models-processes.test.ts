/**
 * The processes behind a model, where each server has its own: none before it is needed, none left behind, none of them essential. Whatever is killed,
 * the queue of memories without a vector is worked off to its end, and by one server at a time.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { spawnHttpServer } from '../support/http-server.ts';
import { childProcesses, processListSkip } from '../support/inference.ts';
import {
  countedTexts,
  dataWithQueues,
  folderOfTest,
  heldWhile,
  recallOf,
  searchInFull,
  slowedBy,
  spawnFor,
  storedVectors,
  tinyModels,
  untilEmbedded,
} from '../support/model-servers.ts';
import { untilGone } from '../support/processes.ts';
import { startRawServer } from '../support/raw-server.ts';
import { spawnServer, type TestServer } from '../support/server.ts';
import { repositoryRoot } from '../support/surroundings.ts';
import { until } from '../support/until.ts';

/** Each server has a process of its own here; `models-shared.test.ts` is about the one that they share. */
const ownProcess = { MEMORY_MCP_INFERENCE: 'own' };
const embedderAlone = { ...ownProcess, MEMORY_MCP_RERANKER_MODEL: 'none' };
const personas = ['aoi', 'ren', 'yui', 'sora'];

const noLimits = processListSkip || spawnSync('prlimit', ['--version']).error !== undefined;

const mapsOf = (pid: number) => readFileSync(`/proc/${pid}/maps`, 'utf8');

describe.skipIf(processListSkip)('a model process that is stopped', () => {
  it('costs a search its meaning, for a true reason, and no search its words', async () => {
    const server = startRawServer({ env: tinyModels(embedderAlone) });
    await server.initialize();
    await server.callTool('memory_create', { content: '苺のアレルギーがある' });
    const search = async () => (await server.callTool('memory_search', { query: '苺' })).result?.structuredContent;
    await until(async () => JSON.stringify(await search()).includes('"mode":"hybrid"'), 'the model answers');

    const [process_ = Number.NaN] = childProcesses(server.pid);
    process.kill(process_, 'SIGSTOP');
    expect(await search()).toMatchObject({
      mode: 'keyword',
      total: 1,
      degraded_reason: expect.stringContaining('did not answer within 2 s'),
    });
    process.kill(process_, 'SIGKILL');
    await until(async () => JSON.stringify(await search()).includes('"mode":"hybrid"'), 'a new process answers');
  });
});

describe.skipIf(processListSkip)('a server with a model', () => {
  it('answers the handshake without any other process, and never holds a model itself', async () => {
    const server = startRawServer({ env: tinyModels(ownProcess) });
    await server.initialize();
    await server.request('tools/list');
    expect(childProcesses(server.pid)).toEqual([]);

    await server.callTool('memory_create', { content: '苺のアレルギーがある' });
    await until(
      () => childProcesses(server.pid).some((pid) => mapsOf(pid).includes('onnxruntime')),
      'a process of its own loads the runtime',
    );
    expect(childProcesses(server.pid)).toHaveLength(1);
    expect(mapsOf(server.pid)).not.toContain('onnxruntime');
    const bundles = readdirSync(join(repositoryRoot, 'dist')).filter((file) => file.endsWith('.cjs'));
    const withTransformers = bundles.filter((file) =>
      readFileSync(join(repositoryRoot, 'dist', file), 'utf8').includes('from_pretrained'),
    );
    expect(withTransformers).toEqual(['inference.cjs']);
  });

  it('holds none when it has had nothing to do for a while, and answers as before afterwards', async () => {
    const server = await spawnServer({ env: tinyModels({ ...ownProcess, MEMORY_MCP_MODEL_IDLE_MINUTES: '0.01' }) });
    const { key } = await server.create('苺のアレルギーがある');
    for (let round = 0; round < 2; round++) {
      expect((await searchInFull(server, '苺のアレルギー', { mode: 'semantic' })).results[0]?.key).toBe(key);
      await until(() => childProcesses(server.pid).length === 0, 'the idle server holds no model');
    }
  });

  it('survives the death of the process in mid-batch, again and again, and every memory gets its vector', async () => {
    const dataDir = await dataWithQueues(['aoi'], 80);
    const server = await spawnFor('aoi', dataDir, { ...tinyModels(embedderAlone), ...slowedBy(10) });
    await recallOf(server);
    let { without } = await storedVectors(dataDir, 'aoi');
    for (let kill = 0; kill < 3; kill++) {
      const before = without;
      await until(async () => {
        ({ without } = await storedVectors(dataDir, 'aoi'));
        return without <= before - 10;
      }, 'ten more memories have their vectors');
      expect(without).toBeGreaterThan(0);
      for (const pid of childProcesses(server.pid)) process.kill(pid, 'SIGKILL');
    }
    await untilEmbedded(server);
    expect(await storedVectors(dataDir, 'aoi')).toMatchObject({ memories: 80, without: 0, puts: 80, failures: [] });
    expect((await searchInFull(server, 'aoi notes 42', { mode: 'semantic' })).results.length).toBeGreaterThan(0);
    expect(server.stderr()).toContain('ended unexpectedly');
  });

  it.each(['the end of input', 'SIGTERM'] as const)('ends on %s in the middle of its work, in order', async (how) => {
    const dataDir = await dataWithQueues(['default'], 5);
    const gate = join(folderOfTest(), 'hold');
    writeFileSync(gate, '');
    const server = startRawServer({ dataDir, env: { ...tinyModels(embedderAlone), ...heldWhile(gate) } });
    await server.initialize();
    // Nothing gets its vector while the process stands still, neither the queue nor this question, which nobody waits
    // for.
    const { id } = server.ask('tools/call', { name: 'memory_search', arguments: { query: '海' } });
    server.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
    await server.callTool('get_context');
    await until(async () => (await storedVectors(dataDir)).leasedUntil !== undefined, 'it has begun with the queue');
    const children = childProcesses(server.pid);
    expect(children).toHaveLength(1);

    const asked = performance.now();
    if (how === 'SIGTERM') server.kill('SIGTERM');
    else server.end();
    const { code, signal } = await server.exit;
    expect({ code, signal, stderr: server.stderr() }).toEqual({ code: 0, signal: null, stderr: '' });
    expect(performance.now() - asked).toBeLessThan(5_000);
    for (const pid of children) expect(await untilGone(pid, 5_000)).toBe(true);
    // In order: the next server need not wait until the lease of this one is over.
    expect(await storedVectors(dataDir)).toMatchObject({ leasedUntil: undefined, failures: [] });
  });
});

describe.skipIf(noLimits)('a server without a free file descriptor (needs prlimit)', () => {
  async function open() {
    const dataDir = await dataWithQueues(['default'], 3);
    const env = tinyModels({ ...ownProcess, MEMORY_MCP_EMBEDDINGS_MODEL: 'none' });
    const server = await spawnHttpServer({ dataDir, env });
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const ask = async (operation: string, body: object) =>
      (await server.request(`/api/${operation}`, { method: 'POST', body, agent })).json().result;
    const descriptors = () => readdirSync(`/proc/${server.pid}/fd`).length;
    // The soft limit alone, which can be raised again.
    const allow = (count: number) =>
      expect(spawnSync('prlimit', [`--pid=${server.pid}`, `--nofile=${count}:`]).status).toBe(0);
    const useUpDescriptors = async (): Promise<{ giveBack(): void }> => {
      const limit = descriptors() + 3;
      allow(limit);
      const idle = Array.from({ length: 6 }, () => connect(server.port, '127.0.0.1').on('error', () => {}));
      const close = () => idle.forEach((socket) => void socket.destroy());
      onTestFinished(close);
      await until(() => descriptors() >= limit, 'no descriptor is free');
      return {
        giveBack: () => {
          close();
          allow(1024);
        },
      };
    };
    return { server, useUpDescriptors, ask, search: () => ask('memory_search', { query: '海' }) };
  }
  it('answers by words, lives on, and starts the model once it can', async () => {
    const { server, useUpDescriptors, search } = await open();
    const isReranked = async () => JSON.stringify(await search()).includes('"rerank"');
    await until(isReranked, 'the reranker reads');
    for (const pid of childProcesses(server.pid)) process.kill(pid, 'SIGKILL');
    await until(() => childProcesses(server.pid).length === 0, 'its process is gone');

    const { giveBack } = await useUpDescriptors();
    // On a slow machine the files of the model are looked at again, which fails before the start of the process does.
    const reason = expect.stringMatching(/no more file descriptors|too many open files/);
    expect(await search()).toMatchObject({ total: 3, degraded_reason: reason });
    expect(await search()).toMatchObject({ total: 3 });
    giveBack();
    await until(isReranked, 'the reranker reads again');
  });

  it('does not say that the runtime is not installed', async () => {
    const { useUpDescriptors, ask, search } = await open();
    expect(await ask('memory_list', {})).toMatchObject({ total: 3 });
    const { giveBack } = await useUpDescriptors();
    expect(await search()).toMatchObject({ total: 3, degraded_reason: expect.stringContaining('too many open files') });
    giveBack();
    expect(JSON.stringify(await search())).not.toContain('not installed');
  });
});

describe.skipIf(processListSkip)('several servers on the same personas', () => {
  const each = <Result>(
    servers: readonly TestServer[],
    work: (server: TestServer, number: number) => Promise<Result>,
  ) => Promise.all(servers.map(work));
  /** Two servers for each persona. */
  const spawnEight = (dataDir: string, env: Record<string, string>) =>
    Promise.all([...personas, ...personas].map((persona) => spawnFor(persona, dataDir, env)));

  it('work off each queue once, answer right, and hold no model when they are idle', async () => {
    const memories = 25;
    const dataDir = await dataWithQueues(personas, memories);
    const texts = countedTexts(' notes ');
    const idle = { MEMORY_MCP_MODEL_IDLE_MINUTES: '0.03' };
    const servers = await spawnEight(dataDir, { ...tinyModels({ ...embedderAlone, ...idle }), ...texts.env });
    await each(servers, untilEmbedded);
    expect(texts.count()).toBe(personas.length * memories);

    const own = await each(servers, async (server, number) => {
      const content = `server ${number} of ${personas[number % 4]} saw ${'苺桃梨柿栗葱蕪芋'[number]} today`;
      return { content, key: (await server.create(content)).key };
    });
    await each(servers, untilEmbedded);
    await each(servers, async (server, number) => {
      // What the other server of the same persona has stored is found as well; what others stored is not there.
      for (const { content, key } of [own[number], own[(number + 4) % 8]].filter((found) => found !== undefined)) {
        const { results, total } = await searchInFull(server, content, { mode: 'semantic' });
        expect(results[0]).toMatchObject({ key, content });
        expect(total).toBe(memories + 2);
      }
    });
    for (const persona of personas) {
      const stored = await storedVectors(dataDir, persona);
      expect(stored).toMatchObject({ memories: memories + 2, without: 0, puts: memories + 2, failures: [] });
      expect(Object.values(stored.spaces)).toEqual([memories + 2]);
    }
    await until(() => servers.every(({ pid }) => childProcesses(pid).length === 0), 'idle servers hold no model');
  });

  it('killed all at once leave no process behind, and the next ones finish what they began', async () => {
    const memories = 40;
    const dataDir = await dataWithQueues(personas, memories);
    const env = tinyModels(embedderAlone);
    const servers = await spawnEight(dataDir, { ...env, ...slowedBy(30) });
    await each(servers, recallOf);
    await until(async () => {
      const stored = await Promise.all(personas.map((persona) => storedVectors(dataDir, persona)));
      return stored.every(({ without }) => without < memories);
    }, 'each queue has been begun');
    const pids = servers.flatMap(({ pid }) => [pid, ...childProcesses(pid)]);
    expect(pids.length).toBeGreaterThanOrEqual(8 + personas.length);
    for (const { pid } of servers) process.kill(pid, 'SIGKILL');
    expect(await Promise.all(pids.map((pid) => untilGone(pid, 5_000)))).not.toContain(false);

    const next = await Promise.all(personas.map((persona) => spawnFor(persona, dataDir, env)));
    await each(next, untilEmbedded);
    for (const persona of personas) {
      expect(await storedVectors(dataDir, persona)).toMatchObject({ memories, without: 0, puts: memories });
    }
  });

  it('take the queue over from one that was killed while it had it, and not before', async () => {
    const dataDir = await dataWithQueues(['aoi'], 10);
    const gate = join(folderOfTest(), 'hold');
    writeFileSync(gate, '');
    const first = await spawnFor('aoi', dataDir, { ...tinyModels(embedderAlone), ...heldWhile(gate) });
    await recallOf(first);
    const leasedUntil = async () => (await storedVectors(dataDir, 'aoi')).leasedUntil ?? 0;
    await until(async () => (await leasedUntil()) > 0, 'the first server has the queue');

    const second = await spawnFor('aoi', dataDir, tinyModels(embedderAlone));
    const before = await leasedUntil();
    await until(
      async () => (await recallOf(second)).state === 'ready' && (await leasedUntil()) > before,
      'the first server keeps the queue',
    );
    expect(await recallOf(second)).toMatchObject({ queued: 10 });
    // What is new does not wait for the queue.
    await until(async () => (await second.create(`new ${performance.now()}`)).vector === 'indexed', 'a vector at once');
    expect((await storedVectors(dataDir, 'aoi')).without).toBeGreaterThanOrEqual(10);

    await first.kill();
    await untilEmbedded(second);
    rmSync(gate);
    expect(await storedVectors(dataDir, 'aoi')).toMatchObject({ without: 0, failures: [] });
  });
});
