import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import type { InferenceClient } from '../../../src/model/inference/inference-client.ts';
import { findBundledInference } from '../../../src/model/inference/inference-process.ts';
import {
  childProcesses,
  inferenceAfter,
  localInference,
  playedCard,
  processListSkip,
  temporaryFolder,
  tinyEmbedder,
} from '../../support/inference.ts';
import { isRunning, untilGone } from '../../support/processes.ts';

const interactive = { priority: 'interactive' } as const;
const inferenceParent = join(import.meta.dirname, '../../support/inference-parent.ts');
const manySentences = '今日は自転車で海まで走った。'.repeat(3000);

describe.skipIf(processListSkip)('a child process that runs models', () => {
  let client: InferenceClient | undefined;
  const open = (changes: Parameters<typeof localInference>[0] = {}) => {
    client = localInference(changes);
    return client;
  };
  const embed = (text: string) =>
    (client ?? open()).embed({ model: tinyEmbedder(), as: 'chunks', prefix: '', text }, interactive);
  const onlyChild = () => {
    const [pid, ...more] = childProcesses();
    expect(more).toEqual([]);
    return pid ?? Number.NaN;
  };

  afterEach(async () => {
    await client?.close();
    client = undefined;
    expect(childProcesses()).toEqual([]);
  });

  it('is started by the first request and not before', async () => {
    open();
    expect(childProcesses()).toEqual([]);
    await embed('海');
    expect(childProcesses()).toHaveLength(1);
  });

  it('ends when it has had nothing to do for a while, and comes back', async () => {
    open({ idleMinutes: 0.001 });
    await embed('海');
    const first = onlyChild();
    expect(await untilGone(first)).toBe(true);
    expect((await embed('海')).vectors).toHaveLength(1);
  });

  it('is replaced when it hangs, and what it owed is answered by the next one', async () => {
    open({ silenceLimits: { model: 60_000, text: 1_000 } });
    await embed('海');
    const first = onlyChild();
    process.kill(first, 'SIGSTOP');
    expect((await embed('山')).vectors).toHaveLength(1);
    expect(onlyChild()).not.toBe(first);
  });

  it('is replaced when it is killed in the middle of a text, and the text is embedded', async () => {
    await embed('海');
    const first = onlyChild();
    const answer = embed(manySentences);
    // Any moment will do: it may be loading, embedding or answering.
    await new Promise((resolve) => setTimeout(resolve, 30));
    process.kill(first, 'SIGKILL');
    expect((await answer).embeddedCharacters).toBe(manySentences.length);
    expect(onlyChild()).not.toBe(first);
  });

  it('that dies twice over the same text costs that text alone', async () => {
    // Dies as soon as it reports work on a text after one with this word has arrived.
    open({
      command: () =>
        inferenceAfter(`
        const { Socket } = require('node:net');
        const { emit, write } = Socket.prototype;
        let poisoned = false;
        Socket.prototype.emit = function (name, data) {
          if (name === 'data' && data.includes('poison')) poisoned = true;
          return emit.apply(this, arguments);
        };
        Socket.prototype.write = function (data) {
          const sent = write.apply(this, arguments);
          if (poisoned && data.includes('"on":"text"')) setImmediate(() => process.kill(process.pid, 'SIGKILL'));
          return sent;
        };
      `),
    });
    const poison = embed('poison'.repeat(1000));
    const poisonFails = expect(poison).rejects.toMatchObject({ code: 'internal', reason: 'work' });
    const innocent = embed('海');
    await poisonFails;
    expect((await innocent).vectors).toHaveLength(1);
  });

  it('that cannot even start is an error of the model and not of the text, and is not started over and over', async () => {
    open({ command: () => ({ execPath: process.execPath, args: ['-e', 'process.exit(7)'] }) });
    const unavailable = { code: 'model_unavailable', reason: 'crashed' };
    await expect(embed('海')).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining('exit code 7'),
    });
    await expect(embed('海')).rejects.toMatchObject(unavailable);
    await expect(embed('海')).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining('next attempt in'),
    });
  });

  it('that is not there to be started is an error, too', async () => {
    open({ command: () => ({ execPath: '/no/such/node', args: [] }) });
    await expect(embed('海')).rejects.toMatchObject({ reason: 'crashed', message: expect.stringContaining('ENOENT') });
  });

  it('says that the runtime is missing where onnxruntime-node is not installed', async () => {
    const entry = join(temporaryFolder(), 'inference.cjs');
    const { execPath, args } = findBundledInference();
    copyFileSync(args[0] ?? '', entry);
    open({ command: () => ({ execPath, args: [entry] }) });
    await expect(embed('海')).rejects.toMatchObject({
      code: 'model_unavailable',
      reason: 'runtime missing',
      message: expect.stringContaining('onnxruntime-node'),
    });
  });

  it('of another version of the program is refused and not believed', async () => {
    const hello = JSON.stringify({ type: 'hello', protocol: 99 });
    const code = `
      const header = Buffer.alloc(8);
      header.writeUInt32LE(${hello.length});
      require('fs').writeSync(3, Buffer.concat([header, Buffer.from('${hello}')]));
      setInterval(() => {}, 1000);
    `;
    open({ command: () => ({ execPath: process.execPath, args: ['-e', code] }) });
    await expect(embed('海')).rejects.toMatchObject({
      reason: 'crashed',
      message: expect.stringContaining('another version'),
    });
  });

  it('that speaks no frames is given up', async () => {
    const code = `require('fs').writeSync(3, 'this is not a frame at all');`;
    open({ command: () => inferenceAfter(code) });
    await expect(embed('海')).rejects.toMatchObject({ reason: 'crashed' });
  });

  it('can print to stdout without breaking the protocol', async () => {
    open({
      command: () =>
        inferenceAfter(`
        setInterval(() => { console.log('library log'); console.error('library warning'); }, 1);
        process.stdout.write('{"jsonrpc":"2.0"}\\n');
      `),
    });
    expect((await embed(manySentences)).embeddedCharacters).toBe(manySentences.length);
  });

  it.each([
    ['while it waits for work', ''],
    [
      'while it is busy and cannot look at its channel',
      `const { Socket } = require('node:net');
       const { write } = Socket.prototype;
       Socket.prototype.write = function (data) {
         if (data.includes('"type":"done"')) setTimeout(() => { for (;;); }, 100);
         return write.apply(this, arguments);
       };`,
    ],
  ])('ends with a server that is killed, %s', async (_when, code) => {
    const server = spawn(process.execPath, ['--import', 'tsx', inferenceParent, ...inferenceAfter(code).args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(server.stdout, 'data');
    const [pid] = childProcesses(server.pid);
    expect(pid !== undefined && isRunning(pid)).toBe(true);
    // Time to get stuck, which cannot be seen from outside.
    await new Promise((resolve) => setTimeout(resolve, 200));
    server.kill('SIGKILL');
    expect(await untilGone(pid ?? 0)).toBe(true);
  });

  it('survives an interrupt from the terminal, which is meant for the server', async () => {
    await embed('海');
    const pid = onlyChild();
    process.kill(pid, 'SIGINT');
    await embed('海');
    expect(onlyChild()).toBe(pid);
  });
});

describe.skipIf(processListSkip)('a model on a card', () => {
  const onCard = (device: string) => ({ model: tinyEmbedder({ device }), as: 'one', prefix: '', text: '海' }) as const;

  async function openCard(fault: string): Promise<InferenceClient> {
    const client = localInference({ command: () => inferenceAfter(playedCard(fault)) });
    onTestFinished(() => client.close());
    return client;
  }

  it('serves there, by number too', async () => {
    const client = await openCard('');
    expect(await client.embed(onCard('cuda'), interactive)).toMatchObject({ device: 'cuda', warning: undefined });
    expect(await client.embed(onCard('cuda:1'), interactive)).toMatchObject({ device: 'cuda:1' });
  });

  it.each([
    ['first', 1],
    ['third', 3],
  ])('whose %s run fails goes on with the CPU and the same file, and says why', async (_which, failing) => {
    const client = await openCard(`if (runs === ${failing}) throw new Error('CUDA failure 2: out of memory');`);
    const onCpu = await client.embed(onCard('cpu'), interactive);
    for (let run = 1; run < failing; run++) await client.embed(onCard('cuda'), interactive);
    const fallenBack = await client.embed(onCard('cuda'), interactive);
    expect(fallenBack).toMatchObject({ device: 'cpu', warning: expect.stringContaining('out of memory') });
    expect(fallenBack.vectors).toEqual(onCpu.vectors);
    expect(await client.embed(onCard('cuda'), interactive)).toMatchObject({ device: 'cpu' });
  });

  it('that ends the process goes on with the CPU, and neither the text nor the model is blamed', async () => {
    const client = await openCard("process.kill(process.pid, 'SIGKILL');");
    const embedded = await client.embed(onCard('cuda'), interactive);
    expect(embedded).toMatchObject({ device: 'cpu', warning: expect.stringMatching(/^cuda crashed the process/) });
    expect(embedded.vectors).toHaveLength(1);
  });

  it('that cannot be used names the library that is missing', async () => {
    const missing = 'libcudnn.so.9: cannot open shared object file';
    const client = await openCard(`
      console.error('a text that somebody stored');
      console.error('[E:onnxruntime] ${missing}');
      throw new Error('Failed to load shared library');`);
    const { warning } = await client.embed(onCard('cuda'), interactive);
    expect(warning).toContain('Failed to load shared library');
    expect(warning).toContain(missing);
    expect(warning).not.toContain('somebody stored');
  });
});
