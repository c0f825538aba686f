import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFallbackInference } from '../../../src/model/inference/fallback-inference.ts';
import type { InferenceClient } from '../../../src/model/inference/inference-client.ts';
import { findBundled } from '../../../src/model/inference/inference-process.ts';
import { openChannel } from '../../../src/model/inference/inference-protocol.ts';
import { createInferenceClient, type InferenceRunner } from '../../../src/model/inference/inference-runner.ts';
import { SharingError } from '../../../src/model/inference/shared/find-host.ts';
import { hostAddress } from '../../../src/model/inference/shared/host-address.ts';
import { hostExits } from '../../../src/model/inference/shared/host-order.ts';
import type { MessageFromHost } from '../../../src/model/inference/shared/host-protocol.ts';
import { openPrivateFolder } from '../../../src/model/inference/shared/private-folder.ts';
import { type HostGuest, visitHost } from '../../../src/model/inference/shared/visit-host.ts';
import {
  childProcesses,
  localInference,
  processListSkip,
  sharedInference,
  temporaryFolder,
  tinyEmbedder,
} from '../../support/inference.ts';
import { collectingLogger, modelSettingsFor } from '../../support/models.ts';
import { isRunning, untilGone } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

const interactive = { priority: 'interactive' } as const;
const background = { priority: 'background' } as const;
const manySentences = '今日は自転車で海まで走った。'.repeat(3000);
const sharingProcess = join(import.meta.dirname, '../../support/sharing-process.ts');

const newFolder = () => join(temporaryFolder(), 'inference');
const embed = (client: InferenceClient, text: string, options: Parameters<InferenceClient['embed']>[1] = interactive) =>
  client.embed({ model: tinyEmbedder(), as: 'chunks', prefix: '', text }, options);

/** Clients of this process, which count as servers of their own. They leave with the test. */
function openClients(folder: string, count: number, changes: Parameters<typeof sharedInference>[1] = {}) {
  const clients = Array.from({ length: count }, () => sharedInference(folder, changes));
  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.close()));
  });
  return clients;
}

function openClient(folder = newFolder(), changes: Parameters<typeof sharedInference>[1] = {}): InferenceClient {
  const [client] = openClients(folder, 1, changes);
  if (client === undefined) throw new Error('no client');
  return client;
}

/** The two processes behind a client that has been answered. */
function processesOf(client: InferenceClient): { host: number; pid: number } {
  const { host, pid } = client.status();
  if (host === undefined || pid === undefined) throw new Error('nothing is shared');
  return { host, pid };
}

const addressOf = (folder: string) =>
  hostAddress(folder, {
    entry: findBundled('inference-host.cjs').args[0] ?? '',
    device: 'cpu',
    threads: 1,
    environment: {},
  });

const hostSettings = (folder: string) => ({
  sharing: { folder, environment: { decisive: {}, plain: {} } },
  embeddings: modelSettingsFor().embeddings,
});

async function visit(folder: string): Promise<HostGuest> {
  const found = await visitHost(hostSettings(folder));
  if (found.found !== 'host') throw new Error(`There is no host: ${JSON.stringify(found)}`);
  onTestFinished(() => found.guest.leave());
  return found.guest;
}

/** A server in a process of its own, which a test can kill. */
async function startServer(folder: string, user: { uid?: number; gid?: number } = {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', sharingProcess, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...user,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (text: string): Promise<Readonly<Record<string, unknown>>> => {
    child.stdin.write(`${text}\n`);
    return JSON.parse((await lines.next()).value ?? '{}');
  };
  return { child, ask };
}

describe.skipIf(processListSkip)('a process that servers share', () => {
  it('is one for all of them, and says who uses it', async () => {
    const clients = openClients(newFolder(), 4);
    await Promise.all(clients.map((client) => embed(client, '海')));
    const pids = clients.map((client) => processesOf(client).pid);
    expect(new Set(pids).size).toBe(1);
    await until(() => clients.every((client) => client.status().servers?.length === 4), 'everybody knows of everybody');
    expect(clients[0]?.status()).toMatchObject({ process: 'shared', servers: Array(4).fill(process.pid) });
    expect(clients[0]?.status().memory).toBeGreaterThan(10_000_000);
  });

  it('starts with the first request and not before', async () => {
    const folder = newFolder();
    const client = openClient(folder);
    expect(client.status()).toEqual({ process: 'shared' });
    await embed(client, '海');
    expect(isRunning(processesOf(client).host)).toBe(true);
  });

  it('lets only the user in', async () => {
    const folder = newFolder();
    await embed(openClient(folder), '海');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const files = readdirSync(folder);
    expect(files.map((file) => file.split('.').at(-1)).sort()).toEqual(['json', 'lock', 'secret', 'sock']);
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  it('outlives the server that started it, and ends after the last one, even if all are killed', async () => {
    const folder = newFolder();
    const first = await startServer(folder);
    const { host, pid } = await first.ask('海');
    const second = await startServer(folder);
    expect(await second.ask('山')).toMatchObject({ host, pid, servers: [first.child.pid, second.child.pid] });

    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    expect(await second.ask('川')).toMatchObject({ host, pid, vectors: 1 });

    second.child.kill('SIGKILL');
    expect(await untilGone(Number(host), 5_000)).toBe(true);
    expect(await untilGone(Number(pid), 5_000)).toBe(true);
  });

  it('ends when it has had nothing to do for as long as any server asked for, and comes back', async () => {
    const folder = newFolder();
    const hasty = openClient(folder, { idleMinutes: 0.001 });
    const patient = openClient(folder, { idleMinutes: 0.03 });
    await embed(patient, '山');
    await embed(hasty, '海');
    const rested = performance.now();
    const { host, pid } = processesOf(hasty);
    expect(await untilGone(host)).toBe(true);
    expect(performance.now() - rested).toBeGreaterThan(0.03 * 60_000 * 0.9);
    expect(isRunning(pid)).toBe(false);
    expect(hasty.status()).toEqual({ process: 'shared' });
    expect((await embed(hasty, '海')).vectors).toHaveLength(1);
  });

  it('gives a guest the vectors of a server, from a model that is loaded, and loads none for it', async () => {
    const folder = newFolder();
    const client = openClient(folder);
    const question = { model: tinyEmbedder(), prefix: 'q: ', text: '海' };
    const server = await client.embed({ ...question, as: 'one' }, interactive);
    const guest = await visit(folder);
    expect(await guest.embedQuery(question)).toEqual(server.vectors[0]);
    const other = { ...question, model: tinyEmbedder({ stamp: 'another one' }) };
    await expect(guest.embedQuery(other)).rejects.toMatchObject({ reason: 'not loaded' });
    await expect(guest.embedQuery(other)).rejects.toMatchObject({ reason: 'not loaded' });
    expect(client.status().servers).toEqual([process.pid]);
    await guest.leave();
    await expect(guest.embedQuery(question)).rejects.toMatchObject({ reason: 'closed' });
  });

  it('ends when its servers have asked nothing for long, however many guests come and ask', async () => {
    const folder = newFolder();
    const client = openClient(folder, { idleMinutes: 0.03 });
    const question = { model: tinyEmbedder(), prefix: '', text: '海' };
    await embed(client, '海');
    const { host } = processesOf(client);
    let answers = 0;
    const deadline = performance.now() + 20_000;
    while (isRunning(host) && performance.now() < deadline) {
      const found = await visitHost(hostSettings(folder));
      if (found.found !== 'host') continue;
      await found.guest.embedQuery(question).then(
        () => answers++,
        () => {},
      );
      await found.guest.leave();
    }
    expect(isRunning(host)).toBe(false);
    expect(answers).toBeGreaterThan(3);
  });

  it('does not keep a server alive that has nothing to ask', async () => {
    const { child, ask } = await startServer(newFolder());
    await ask('海');
    const ended = once(child, 'exit');
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
  });

  it.each(['host', 'pid'] as const)('is replaced when its %s is killed in the middle of a text', async (which) => {
    const folder = newFolder();
    const clients = openClients(folder, 3);
    await Promise.all(clients.map((client) => embed(client, '海')));
    const [client] = clients;
    if (client === undefined) throw new Error('no client');
    const before = processesOf(client);
    const answers = clients.map((each, number) => embed(each, manySentences, number === 0 ? interactive : background));
    // Any moment will do.
    await new Promise((resolve) => setTimeout(resolve, 30));
    process.kill(before[which], 'SIGKILL');
    for (const answer of answers) expect((await answer).embeddedCharacters).toBe(manySentences.length);
    await until(() => clients.every((each) => each.status().servers?.length === 3), 'all are together again');
    const pids = new Set(clients.map((each) => processesOf(each).pid));
    expect(pids.size).toBe(1);
    expect(pids.has(before.pid)).toBe(false);
  });

  it('is replaced when its host hangs, for those who use it and for those who come', async () => {
    const folder = newFolder();
    const { logger, lines } = collectingLogger();
    const user = openClient(folder, { silenceLimit: 1_000, logger });
    await embed(user, '海');
    const first = processesOf(user);
    process.kill(first.host, 'SIGSTOP');
    expect((await embed(user, '山')).vectors).toHaveLength(1);
    expect(processesOf(user).host).not.toBe(first.host);
    expect(await untilGone(first.pid)).toBe(true);

    const second = processesOf(user);
    process.kill(second.host, 'SIGSTOP');
    const newcomer = openClient(folder, { silenceLimit: 1_000, logger });
    expect((await embed(newcomer, '川')).vectors).toHaveLength(1);
    expect(processesOf(newcomer).host).not.toBe(second.host);
    expect(lines.filter((line) => line.includes('does not answer and is killed'))).toHaveLength(2);
  });

  it('tells the servers when its models crash, without a text', async () => {
    const folder = newFolder();
    const { logger, lines } = collectingLogger();
    const client = openClient(folder, { logger });
    await embed(client, '海');
    const answer = embed(client, manySentences);
    await new Promise((resolve) => setTimeout(resolve, 30));
    process.kill(processesOf(client).pid, 'SIGKILL');
    await answer;
    expect(lines).toEqual(['The inference process ended unexpectedly (signal SIGKILL) and is restarted']);
  });

  it('leaves when its files are deleted, and what it owed is answered by the next one', async () => {
    const folder = newFolder();
    const client = openClient(folder);
    await embed(client, '海');
    const { host } = processesOf(client);
    rmSync(folder, { recursive: true });
    expect(await untilGone(host)).toBe(true);
    expect((await embed(client, '海')).vectors).toHaveLength(1);
  });

  it('leaves in order when it is asked to, and no server notices', async () => {
    const folder = newFolder();
    const { logger, lines } = collectingLogger();
    const client = openClient(folder, { logger });
    await embed(client, '海');
    const { host } = processesOf(client);
    const answer = embed(client, manySentences);
    process.kill(host, 'SIGTERM');
    expect((await answer).embeddedCharacters).toBe(manySentences.length);
    expect(processesOf(client).host).not.toBe(host);
    expect(lines).toEqual([]);
  });

  it('is another one for servers that compute in another way', async () => {
    const folder = newFolder();
    const alike = openClients(folder, 2);
    const others = [
      openClient(folder, { threads: 2 }),
      openClient(folder, { device: 'cuda' }),
      openClient(folder, { decisiveEnvironment: { OMP_NUM_THREADS: '2' } }),
    ];
    await Promise.all([...alike, ...others].map((client) => embed(client, '海')));
    const hosts = [...alike, ...others].map((client) => processesOf(client).host);
    expect(hosts[0]).toBe(hosts[1]);
    expect(new Set(hosts).size).toBe(4);
  });

  it('lets servers take turns, and a question of one pass the queue of another', async () => {
    const [busy, other] = openClients(newFolder(), 2);
    if (busy === undefined || other === undefined) throw new Error('no clients');
    await Promise.all([embed(busy, '海'), embed(other, '山')]);
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    const long = [1, 2, 3].map((n) => embed(busy, manySentences, background).then(note(`long ${n}`)));
    await Promise.all([
      ...long,
      embed(other, '川', background).then(note('short')),
      embed(other, '川').then(note('question')),
    ]);
    expect(order.slice(0, 2).sort()).toEqual(['question', 'short']);
    expect(order.slice(2)).toEqual(['long 1', 'long 2', 'long 3']);
  });

  it('stops working for a server that has gone', async () => {
    const [leaving, staying] = openClients(newFolder(), 2);
    if (leaving === undefined || staying === undefined) throw new Error('no clients');
    await Promise.all([embed(leaving, '海'), embed(staying, '山')]);
    for (let n = 0; n < 20; n++) void embed(leaving, manySentences, background).catch(() => {});
    await leaving.close();
    const asked = performance.now();
    await embed(staying, manySentences, background);
    // Twenty such texts of the other server would take twenty times as long.
    const alone = performance.now();
    await embed(staying, manySentences, background);
    expect(alone - asked).toBeLessThan(10 * (performance.now() - alone) + 500);
  });
});

describe('a shared process that is not to be trusted', () => {
  it('is sent nothing before it has proven that it can read the secret of the user', async () => {
    const folder = newFolder();
    const address = addressOf(folder);
    openPrivateFolder(address);
    let received = '';
    const impostor = createServer((stream) => {
      const channel = openChannel<unknown, MessageFromHost>(stream, {
        onMessage: (message) => {
          received += JSON.stringify(message);
          channel.send({ type: 'challenge', nonce: '0'.repeat(64), proof: '0'.repeat(64) });
          channel.send({ type: 'state', host: 1, servers: [] });
        },
        onBroken: () => {},
      });
    });
    onTestFinished(() => void impostor.close());
    await new Promise<void>((resolve) => void impostor.listen(address.socket, resolve));
    chmodSync(address.socket, 0o600);
    await expect(embed(openClient(folder), '秘密の話')).rejects.toThrow('cannot prove');
    expect(received).toContain('"hello"');
    expect(received).not.toContain('秘密');
    expect(received).not.toContain('join');
  });

  it.each<[string, (stream: ReturnType<typeof connect>) => void]>([
    [
      'a proof that is wrong',
      (stream) => {
        const channel = openChannel<MessageFromHost, object>(stream, {
          onMessage: () => channel.send({ type: 'join', proof: '0'.repeat(64), pid: 1, idleMinutes: 1 }),
          onBroken: () => {},
        });
        channel.send({ type: 'hello', nonce: '0'.repeat(64) });
      },
    ],
    [
      'work instead of a proof',
      (stream) => {
        const channel = openChannel<MessageFromHost, object>(stream, { onMessage: () => {}, onBroken: () => {} });
        channel.send({ type: 'work', id: 1, priority: 'interactive', work: { type: 'load', model: tinyEmbedder() } });
      },
    ],
    [
      'a frame that is longer than a proof',
      (stream) => {
        const channel = openChannel<MessageFromHost, object>(stream, { onMessage: () => {}, onBroken: () => {} });
        channel.send({ type: 'hello', nonce: '0'.repeat(64), padding: 'x'.repeat(2_000) });
      },
    ],
    ['noise', (stream) => void stream.write(Buffer.alloc(5_000, 1))],
  ])('hangs up on %s, and goes on for the others', async (what, knock) => {
    const folder = newFolder();
    const client = openClient(folder);
    await embed(client, '海');
    const stream = connect(addressOf(folder).socket);
    stream.on('error', () => {});
    let received = '';
    stream.on('data', (data: Buffer) => {
      received += data.toString();
    });
    await once(stream, 'connect');
    const closed = once(stream, 'close');
    knock(stream);
    await closed;
    expect(received).not.toContain('"state"');
    // Only the first one gets as far as that.
    expect(received.includes('"challenge"')).toBe(what === 'a proof that is wrong');
    expect(client.status().servers).toEqual([process.pid]);
    expect((await embed(client, '山')).vectors).toHaveLength(1);
  });
});

describe('where no process can be shared', () => {
  const withFallback = (folder: string, changes: Parameters<typeof sharedInference>[1] = {}) => {
    const { logger, lines } = collectingLogger();
    const shared = sharedInference(folder, changes);
    const runner = (client: InferenceClient): InferenceRunner => ({
      run: async (work, options) => {
        if (work.type !== 'load') throw new Error('only loading is tried here');
        const { dimensions, device } = await client.load(work.model, options);
        return { result: { dimensions, device, embeddedCharacters: 0 }, numbers: new Float32Array() };
      },
      status: client.status,
      close: client.close,
    });
    const client = createInferenceClient(
      createFallbackInference({ shared: runner(shared), openOwn: () => runner(localInference()), logger }),
    );
    onTestFinished(() => client.close());
    return { client, lines };
  };

  it.each<[string, () => string, string]>([
    [
      'the folder is open to others',
      () => {
        const folder = newFolder();
        mkdirSync(folder);
        chmodSync(folder, 0o777);
        return folder;
      },
      'chmod 700',
    ],
    [
      'a file is in the place of the folder',
      () => {
        const folder = newFolder();
        writeFileSync(folder, '');
        return folder;
      },
      'EEXIST',
    ],
    ['the folder cannot be made', () => '/proc/memory-mcp', 'ENOENT'],
    ['the path of the socket is too long', () => join(newFolder(), 'x'.repeat(100)), 'too long'],
    [
      'the secret is open to others',
      () => {
        const folder = newFolder();
        openPrivateFolder(addressOf(folder));
        chmodSync(addressOf(folder).secret, 0o644);
        return folder;
      },
      'is open to other users',
    ],
    [
      'the secret is damaged',
      () => {
        const folder = newFolder();
        openPrivateFolder(addressOf(folder));
        writeFileSync(addressOf(folder).secret, 'short');
        return folder;
      },
      'does not hold a secret',
    ],
    [
      'the lock is a folder',
      () => {
        const folder = newFolder();
        openPrivateFolder(addressOf(folder));
        mkdirSync(addressOf(folder).lock);
        return folder;
      },
      'cannot start',
    ],
  ])('because %s, a server has its own and says why, once', async (_why, prepare, reason) => {
    const { client, lines } = withFallback(prepare());
    const loaded = await Promise.all([1, 2, 3].map(() => client.load(tinyEmbedder(), interactive)));
    expect(loaded.map(({ dimensions }) => dimensions)).toEqual([32, 32, 32]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(reason);
    expect(client.status()).toMatchObject({ process: 'own', reason: expect.stringContaining(reason) });
  });

  it('because the program on the disk is another one by now, the host refuses to start', async () => {
    const folder = newFolder();
    openPrivateFolder(addressOf(folder));
    const { execPath, args } = findBundled('inference-host.cjs');
    const order = { folder, id: 'of another program', device: 'cpu', threads: 1, environment: {} };
    const child = spawn(execPath, [...args, JSON.stringify(order)], { stdio: 'ignore', env: {} });
    expect(await once(child, 'exit')).toEqual([hostExits.otherProgram, null]);
    expect(readdirSync(folder)).toEqual(['secret']);
  });

  it('because the host cannot be started, the error names the cause', async () => {
    const client = openClient(newFolder(), {
      command: () => ({ ...findBundled('inference-host.cjs'), execPath: '/no/such/node' }),
    });
    const failing = embed(client, '海');
    await expect(failing).rejects.toBeInstanceOf(SharingError);
    await expect(failing).rejects.toThrow('ENOENT');
  });
});

const usersSkip = process.getuid?.() !== 0;
const nobody = 65_534;

describe.skipIf(usersSkip)('two users (skipped where the tests do not run as root)', () => {
  it('have a process each, and neither gets into the folder of the other', async () => {
    const root = temporaryFolder();
    chmodSync(root, 0o711);
    const [own, foreign] = [join(root, 'own'), join(root, 'foreign')];
    mkdirSync(foreign, { mode: 0o700 });
    chownSync(foreign, nobody, nobody);
    const client = openClient(own);
    await embed(client, '海');
    const stranger = await startServer(foreign, { uid: nobody, gid: nobody });
    const answer = await stranger.ask('山');
    expect(answer).toMatchObject({ process: 'shared', vectors: 1, servers: [stranger.child.pid] });
    expect(answer.host).not.toBe(processesOf(client).host);

    const intruder = await startServer(own, { uid: nobody, gid: nobody });
    expect(await intruder.ask('秘密')).toMatchObject({ code: 'backend_unavailable' });
    await expect(embed(openClient(foreign), '秘密')).rejects.toThrow(`belongs to user ${nobody}`);
  });
});

describe.skipIf(processListSkip)('the lock of a host', () => {
  it('is held by one process, named in a file, and goes with it', async () => {
    const folder = newFolder();
    const clients = openClients(folder, 8);
    await Promise.all(clients.map((client) => embed(client, '海')));
    const { holder } = addressOf(folder);
    const hosts = new Set(clients.map((client) => processesOf(client).host));
    expect([...hosts]).toEqual([JSON.parse(readFileSync(holder, 'utf8')).pid]);
    // Those that came second have ended.
    await until(() => childProcesses().length === 1, 'only the host is left');
  });
});
