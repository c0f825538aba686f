/**
 * The process that all servers of a user share: one for all, found by each, missed by none when it goes, and gone when
 * they are.
 */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { childProcesses, processListSkip } from '../support/inference.ts';
import {
  countedTexts,
  dataWithQueues,
  folderOfTest,
  type RecallState,
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
import { runCommand } from '../support/run-command.ts';
import { spawnServer, type TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const personas = ['aoi', 'ren', 'yui', 'sora'];
const embedderAlone = { MEMORY_MCP_RERANKER_MODEL: 'none' };

/** A home folder, in which the servers of one user meet. */
function homeOf(changes: Record<string, string> = {}): Record<string, string> {
  const home = join(folderOfTest(), 'home');
  mkdirSync(home);
  return { HOME: home, USERPROFILE: home, ...changes };
}

const each = <Result>(servers: readonly TestServer[], work: (server: TestServer, number: number) => Promise<Result>) =>
  Promise.all(servers.map(work));

async function processOf(server: TestServer): Promise<NonNullable<RecallState['model_process']>> {
  const { model_process: found } = await recallOf(server);
  if (found === undefined) throw new Error('no process runs the models');
  return found;
}

/** The process that shares the one that runs the models. */
function hostAmong(servers: readonly TestServer[]): number {
  const [host, ...more] = servers.flatMap(({ pid }) => childProcesses(pid));
  if (host === undefined || more.length > 0) throw new Error('there is not exactly one host');
  return host;
}

describe.skipIf(processListSkip)('the servers of a user', () => {
  it('run their models in one process, work off each queue once, and answer right', async () => {
    const memories = 20;
    const dataDir = await dataWithQueues(personas, memories);
    const texts = countedTexts(' notes ');
    const env = { ...tinyModels(embedderAlone), ...texts.env, ...homeOf() };
    const servers = await Promise.all([...personas, ...personas].map((persona) => spawnFor(persona, dataDir, env)));
    await each(servers, untilEmbedded);
    expect(texts.count()).toBe(personas.length * memories);
    await each(servers, (server, number) => server.create(`server ${number} saw ${'苺桃梨柿栗葱蕪芋'[number]} today`));
    await each(servers, async (server, number) => {
      const question = `server ${number} saw ${'苺桃梨柿栗葱蕪芋'[number]} today`;
      const { results, total } = await searchInFull(server, question, { mode: 'semantic' });
      expect(results[0]?.content).toBe(question);
      expect(total).toBe(memories + 2);
    });
    const pids = servers.map(({ pid }) => pid).sort();
    const knowAll = async () => (await each(servers, processOf)).every(({ servers: users }) => users?.length === 8);
    await until(knowAll, 'all have joined');
    const processes = await each(servers, processOf);
    expect(new Set(processes.map(({ pid }) => pid)).size).toBe(1);
    for (const { kind, servers: users } of processes) {
      expect({ kind, users: [...(users ?? [])].sort() }).toEqual({ kind: 'shared', users: pids });
    }
    const info = await servers[0]?.client.readResource({ uri: 'memory://info' });
    expect(JSON.stringify(info)).toContain(String(processes[0]?.pid));
  });

  it('leave nothing behind when all are killed', async () => {
    const dataDir = await dataWithQueues(personas, 40);
    const env = { ...tinyModels(embedderAlone), ...slowedBy(30), ...homeOf() };
    const servers = await Promise.all(personas.map((persona) => spawnFor(persona, dataDir, env)));
    await each(servers, recallOf);
    await until(async () => (await storedVectors(dataDir, 'aoi')).without < 40, 'a queue has been begun');
    const host = hostAmong(servers);
    const [model = Number.NaN] = childProcesses(host);
    for (const { pid } of servers) process.kill(pid, 'SIGKILL');
    expect(await Promise.all([host, model].map((pid) => untilGone(pid, 5_000)))).toEqual([true, true]);
  });

  it.each(['the host', 'the model process'])(
    'miss %s only for a moment when it is killed, and store nothing twice',
    async (which) => {
      const memories = 60;
      const dataDir = await dataWithQueues(['aoi', 'ren'], memories);
      const env = { ...tinyModels(embedderAlone), ...slowedBy(10), ...homeOf() };
      const servers = await Promise.all(['aoi', 'ren'].map((persona) => spawnFor(persona, dataDir, env)));
      await each(servers, recallOf);
      let { without } = await storedVectors(dataDir, 'aoi');
      for (let kill = 0; kill < 3; kill++) {
        const before = without;
        await until(async () => {
          ({ without } = await storedVectors(dataDir, 'aoi'));
          return without <= before - 8;
        }, 'eight more memories have their vectors');
        const host = hostAmong(servers);
        for (const pid of which === 'the host' ? [host] : childProcesses(host)) process.kill(pid, 'SIGKILL');
      }
      await each(servers, untilEmbedded);
      for (const persona of ['aoi', 'ren']) {
        expect(await storedVectors(dataDir, persona)).toMatchObject({ without: 0, puts: memories, failures: [] });
      }
      for (const server of servers) expect(server.stderr()).toContain('ended unexpectedly');
    },
  );

  it('end in order on SIGTERM in the middle of their work, and the others go on', async () => {
    const dataDir = await dataWithQueues(['aoi', 'ren'], 40);
    const env = { ...tinyModels(embedderAlone), ...slowedBy(20), ...homeOf() };
    const staying = await spawnFor('ren', dataDir, env);
    const leaving = startRawServer({ dataDir, args: ['--persona', 'aoi'], env });
    await leaving.initialize();
    await leaving.callTool('get_context');
    await recallOf(staying);
    await until(async () => (await storedVectors(dataDir, 'aoi')).without < 40, 'the queue has been begun');
    leaving.kill('SIGTERM');
    const { code, signal } = await leaving.exit;
    expect({ code, signal, stderr: leaving.stderr() }).toEqual({ code: 0, signal: null, stderr: '' });
    expect((await storedVectors(dataDir, 'aoi')).leasedUntil).toBeUndefined();
    await untilEmbedded(staying);
    expect(await storedVectors(dataDir, 'ren')).toMatchObject({ without: 0, puts: 40 });
  });

  it('keep the model that one of them has loaded when that one ends', async () => {
    const env = { ...tinyModels(embedderAlone), ...homeOf() };
    const server = await spawnServer({ env });
    await server.create('苺のアレルギーがある');
    await untilEmbedded(server);
    const second = await spawnServer({ env });
    await second.create('自転車を買った');
    await untilEmbedded(second);
    expect((await processOf(second)).pid).toBe((await processOf(server)).pid);
    await server.close();
    expect((await searchInFull(second, '自転車', { mode: 'semantic' })).results).toHaveLength(1);
  });
});

describe.skipIf(processListSkip)('a server that cannot or may not share', () => {
  it('runs models in a process of its own, after one warning', async () => {
    const server = await spawnServer({ env: { ...tinyModels(embedderAlone), HOME: '/proc/nobody', USERPROFILE: '/' } });
    await server.create('苺のアレルギーがある');
    expect((await searchInFull(server, '苺', { mode: 'semantic' })).results).toHaveLength(1);
    const { kind, pid, reason } = await processOf(server);
    expect({ kind, pids: [pid] }).toEqual({ kind: 'own', pids: childProcesses(server.pid) });
    expect(reason).toContain('/proc/nobody');
    expect(server.stderr().match(/uses its own/g)).toHaveLength(1);
  });

  it('runs models in a process of its own without a word where MEMORY_MCP_INFERENCE is own', async () => {
    const server = await spawnServer({ env: { ...tinyModels(embedderAlone), MEMORY_MCP_INFERENCE: 'own' } });
    await server.create('苺のアレルギーがある');
    await untilEmbedded(server);
    const { kind, pid, reason } = await processOf(server);
    expect({ kind, pids: [pid], reason }).toEqual({ kind: 'own', pids: childProcesses(server.pid), reason: undefined });
    expect(server.stderr()).not.toContain('inference process');
  });
});

describe.skipIf(processListSkip)('doctor', () => {
  const report = z.object({
    findings: z.array(z.looseObject({ subject: z.string(), severity: z.string(), found: z.string() })),
  });
  const inferenceFinding = async (env: Record<string, string>) => {
    const { out } = await runCommand(['doctor', '--json'], { env: { ...tinyModels(embedderAlone), ...env } });
    return report.parse(JSON.parse(out)).findings.find(({ subject }) => subject === 'inference process');
  };

  it('names the process that servers share and who uses it, and creates nothing where there is none', async () => {
    const home = homeOf();
    expect(await inferenceFinding(home)).toMatchObject({ severity: 'ok', found: expect.stringContaining('none runs') });
    expect(existsSync(join(home.HOME ?? '', '.cache'))).toBe(false);

    const servers = await Promise.all(
      [1, 2].map(() => spawnServer({ env: { ...tinyModels(embedderAlone), ...home } })),
    );
    await each(servers, (server) => server.create('苺のアレルギーがある'));
    await each(servers, untilEmbedded);
    const [first] = await each(servers, processOf);
    const { found = '' } = (await inferenceFinding(home)) ?? {};
    expect(found).toMatch(new RegExp(`^shared: process ${first?.pid}, \\d+ MB, used by servers \\d+, \\d+$`));
    for (const { pid } of servers) expect(found).toContain(String(pid));
    const isForgotten = async () => (await each(servers, processOf)).every(({ servers: users }) => users?.length === 2);
    await until(isForgotten, 'the doctor has left');
  });

  it('says why none can be shared, and what to do', async () => {
    const home = homeOf();
    const folder = join(home.HOME ?? '', '.cache', 'memory-mcp', 'inference');
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755);
    const finding = await inferenceFinding(home);
    expect(finding).toMatchObject({ severity: 'warning', found: expect.stringContaining('open to other users') });
    expect(finding).toMatchObject({ fix: expect.stringContaining('chmod 700') });
    expect(await inferenceFinding({ MEMORY_MCP_INFERENCE: 'own' })).toMatchObject({ severity: 'ok' });
  });
});
