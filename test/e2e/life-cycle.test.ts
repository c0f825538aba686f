/**
 * How a stdio server begins, lives and ends: it answers what it owes, ends when its client does, survives lines that
 * are no messages, and writes nothing but protocol to standard output. The deadlines are for hangs, not for speed.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isRunning, untilGone } from '../support/processes.ts';
import { messageOf, type RawServer, startRawServer } from '../support/raw-server.ts';
import { receiptReply } from '../support/replies.ts';
import { binary, makeSurroundings, repositoryRoot } from '../support/surroundings.ts';

const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'raw-client', version: '1.0.0' },
};

/** The server must have ended by itself, in order and soon. */
async function expectOrderlyEnd(server: RawServer): Promise<void> {
  const asked = performance.now();
  const { code, signal } = await server.exit;
  expect({ code, signal, stderr: server.stderr() }).toEqual({ code: 0, signal: null, stderr: '' });
  expect(performance.now() - asked).toBeLessThan(5_000);
}

async function contentsIn(dataDir: string): Promise<unknown> {
  const server = startRawServer({ dataDir });
  await server.initialize();
  const { result } = await server.callTool('memory_list', { limit: 100 });
  return JSON.stringify(result);
}

describe('the end of input', () => {
  it('ends an idle server', async () => {
    const server = startRawServer();
    await server.initialize();
    server.end();
    await expectOrderlyEnd(server);
  });

  it('ends a server that has received nothing', async () => {
    const server = startRawServer();
    server.end();
    await expectOrderlyEnd(server);
  });

  it('in the middle of a line ends it too', async () => {
    const server = startRawServer();
    await server.initialize();
    server.child.stdin?.write('{"jsonrpc":"2.0","id":9,"met');
    server.end();
    await expectOrderlyEnd(server);
  });

  it('comes after everything that is owed has been answered', async () => {
    const server = startRawServer();
    await server.initialize();
    const asked = Array.from({ length: 20 }, (_, n) =>
      n % 2 === 0
        ? server.ask('tools/call', { name: 'memory_create', arguments: { content: `約束 ${n}` } })
        : server.ask('tools/call', { name: 'memory_search', arguments: { query: '約束' } }),
    );
    server.end();
    await expectOrderlyEnd(server);
    const answers = await Promise.all(asked.map(({ answer }) => answer));
    expect(answers.filter(({ result }) => result?.structuredContent === undefined)).toEqual([]);
    expect(await contentsIn(server.dataDir)).toContain('約束 18');
  });

  it('in one breath with the whole conversation loses no answer', async () => {
    const server = startRawServer();
    const initialized = server.ask('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'raw-client', version: '1.0.0' },
    });
    server.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    const created = server.ask('tools/call', { name: 'memory_create', arguments: { content: '一息で' } });
    server.end();
    await expectOrderlyEnd(server);
    expect((await initialized.answer).result).toBeDefined();
    expect((await created.answer).result).toMatchObject({ structuredContent: { stored: true } });
  });

  it('does not cut a long answer short for a reader that is slow', async () => {
    const server = startRawServer();
    await server.initialize();
    const content = '長'.repeat(12_000);
    const { result } = await server.callTool('memory_create', { content });
    const { key } = receiptReply.parse(result?.structuredContent);
    server.child.stdout?.pause();
    const asked = Array.from({ length: 8 }, () =>
      server.ask('tools/call', { name: 'memory_read', arguments: { keys: [key] } }),
    );
    server.end();
    setTimeout(() => server.child.stdout?.resume(), 200);
    await expectOrderlyEnd(server);
    for (const { answer } of asked) expect(JSON.stringify(await answer)).toContain(content);
  });
});

describe.skipIf(process.platform === 'win32')('a signal', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s ends the server in order, with what it acknowledged kept',
    async (signal) => {
      const server = startRawServer();
      await server.initialize();
      await server.callTool('memory_create', { content: '合図の前' });
      server.kill(signal);
      await expectOrderlyEnd(server);
      expect(await contentsIn(server.dataDir)).toContain('合図の前');
    },
  );

  it.each(['SIGTERM', 'SIGINT'] as const)('%s twice ends it as well', async (signal) => {
    const server = startRawServer();
    await server.initialize();
    server.kill(signal);
    server.kill(signal);
    await expectOrderlyEnd(server);
  });

  it('comes after everything that was asked before it has been answered', async () => {
    const server = startRawServer();
    await server.initialize();
    const { answer } = server.ask('tools/call', { name: 'memory_create', arguments: { content: '最後の一言' } });
    // Lines are read in order: with this answer the server has read the one before.
    await server.request('ping');
    server.kill('SIGTERM');
    await expectOrderlyEnd(server);
    expect((await answer).result).toMatchObject({ structuredContent: { stored: true } });
    expect(await contentsIn(server.dataDir)).toContain('最後の一言');
  });
});

describe.skipIf(process.platform === 'win32')('a client that dies without a word', () => {
  /** Starts a server on the pipe it is given, or on one of its own, and says who it is. */
  const parentProgram = `
    const { spawn } = require('node:child_process');
    const [stdin, ...command] = process.argv.slice(1);
    const child = spawn(process.execPath, command, { stdio: [stdin, 'inherit', 'inherit'] });
    process.send(child.pid);
    process.on('message', (line) => child.stdin.write(line));
  `;
  const discover = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'server/discover', params: { _meta: envelope } })}\n`;

  async function startBehindParent(stdin: 'pipe' | 'inherit', pipe: number | 'ignore') {
    const externalEnvironment = makeSurroundings();
    onTestFinished(() => externalEnvironment.remove());
    const parent = spawn(process.execPath, ['-e', parentProgram, stdin, binary, 'serve', '--stdio'], {
      cwd: repositoryRoot,
      env: externalEnvironment.env,
      stdio: [pipe, 'pipe', 'inherit', 'ipc'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [message] = await once(parent, 'message');
    const pid = Number(message);
    onTestFinished(() => {
      if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    });
    const answered = new Promise<void>((resolve) => parent.stdout?.once('data', () => resolve()));
    if (typeof pipe === 'number') writeSync(pipe, discover);
    else parent.send(discover);
    await answered;
    return { parent, pid };
  }

  it('takes its server with it', async () => {
    const { parent, pid } = await startBehindParent('pipe', 'ignore');
    parent.kill('SIGKILL');
    expect(await untilGone(pid)).toBe(true);
  });

  it('ends its server even if another process keeps the pipe open', async () => {
    const externalEnvironment = makeSurroundings();
    onTestFinished(() => externalEnvironment.remove());
    const path = join(dirname(externalEnvironment.dataDir), 'pipe');
    execFileSync('mkfifo', [path]);
    const pipe = openSync(path, 'r+');
    onTestFinished(() => closeSync(pipe));

    const { parent, pid } = await startBehindParent('inherit', pipe);
    parent.kill('SIGKILL');
    expect(await untilGone(pid)).toBe(true);
  });

  it('or closes its end of the answers: the server does not spin or crash', async () => {
    const server = startRawServer();
    await server.initialize();
    server.child.stdout?.destroy();
    for (let n = 0; n < 5; n++) server.ask('tools/list');
    const { code, signal } = await server.exit;
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(server.stderr()).not.toMatch(/EPIPE|Unhandled|at .*node:internal/);
  });
});

describe('standard output', () => {
  const loud = {
    NODE_DEBUG: 'net,stream,timer,module,child_process,fs,worker',
    DEBUG: '*',
    MEMORY_MCP_LOG_LEVEL: 'debug',
  };

  async function converse(server: RawServer): Promise<void> {
    await server.initialize();
    await server.request('tools/list');
    await server.callTool('memory_create', { content: '一行目\n二行目\u2028三行目\r\n' });
    await server.callTool('memory_search', { query: '行目' });
    await server.callTool('get_context');
    await server.callTool('memory_create', { importance: 'wrong' });
    server.send('not a message');
    await server.request('ping');
    server.end();
    await server.exit;
  }

  it.each([
    ['with everything that Node can say', { env: loud, nodeArgs: ['--trace-warnings', '--trace-deprecation'] }],
    ['with a warning from Node itself', { nodeArgs: ['--import', 'data:text/javascript,process.emitWarning("loud")'] }],
    [
      'with a program that prints',
      { nodeArgs: ['--import', 'data:text/javascript,setTimeout(()=>console.log("printed"),150).unref()'] },
    ],
    ['with a setting that warns', { env: { MEMORY_MCP_PERSONNA: 'x', LOG_FILE: '/tmp/x.log' } }],
  ])('carries protocol only %s', async (_, options) => {
    const server = startRawServer(options);
    await converse(server);
    expect(server.lines.length).toBeGreaterThanOrEqual(7);
    expect(server.lines.filter((line) => messageOf(line) === undefined)).toEqual([]);
  });

  it('carries protocol only over a database that is none', async () => {
    const { dataDir, remove } = makeSurroundings();
    onTestFinished(remove);
    mkdirSync(`${dataDir}/memory/default`, { recursive: true });
    writeFileSync(
      `${dataDir}/memory/default/memory.sqlite`,
      'this is no database, and longer than a header. '.repeat(200),
    );
    const server = startRawServer({ dataDir, env: loud });
    await converse(server);
    expect(server.lines.filter((line) => messageOf(line) === undefined)).toEqual([]);
    expect(server.lines.filter((line) => line.includes('"isError":true')).length).toBeGreaterThanOrEqual(4);
  });
});

describe('a line that is no message', () => {
  it.each([
    ['nothing', ''],
    ['blanks', '   \t '],
    ['words', 'hello'],
    ['half an object', '{"jsonrpc":"2.0","id":5,'],
    ['null', 'null'],
    ['a number', '42'],
    ['an empty object', '{}'],
    ['an empty batch', '[]'],
    ['a batch', '[{"jsonrpc":"2.0","id":5,"method":"ping"}]'],
    ['another protocol', '{"jsonrpc":"1.0","id":5,"method":"ping"}'],
    ['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"ping"}'],
    ['an answer that nobody asked for', '{"jsonrpc":"2.0","id":77,"result":{}}'],
    ['an error that nobody asked for', '{"jsonrpc":"2.0","id":77,"error":{"code":-1,"message":"x"}}'],
    ['an unknown notification', '{"jsonrpc":"2.0","method":"notifications/nonsense"}'],
    ['a cancellation of nothing', '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":12345}}'],
    ['control characters', '\u0000\u0001\u001b[2J\u007f'],
    ['deep nesting', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
    ['a megabyte without meaning', 'x'.repeat(1_048_576)],
    ['a header of HTTP', 'GET / HTTP/1.1\r\nHost: localhost\r\n'],
  ])('%s: the server lives on and answers the next one', async (_, line) => {
    const server = startRawServer();
    await server.initialize();
    server.send(line);
    expect((await server.request('ping')).result).toBeDefined();
    expect((await server.callTool('memory_list')).result).toMatchObject({ structuredContent: { total: 0 } });
  });

  it('bytes that are no UTF-8: the server lives on', async () => {
    const server = startRawServer();
    await server.initialize();
    server.child.stdin?.write(Buffer.from([0xff, 0xfe, 0x80, 0x0a, 0xc3, 0x28, 0x0a]));
    expect((await server.request('ping')).result).toBeDefined();
  });

  it('a message in pieces, with a character torn apart, is one message', async () => {
    const server = startRawServer();
    await server.initialize();
    const message = {
      jsonrpc: '2.0',
      id: 'torn',
      method: 'tools/call',
      params: { name: 'memory_create', arguments: { content: '苺' } },
    };
    const bytes = Buffer.from(`${JSON.stringify(message)}\r\n`);
    const middle = bytes.indexOf('苺') + 1;
    server.child.stdin?.write(bytes.subarray(0, middle));
    // Time for the server to read the first half.
    await new Promise((resolve) => setTimeout(resolve, 50));
    server.child.stdin?.write(bytes.subarray(middle));
    server.end();
    await server.exit;
    expect(await contentsIn(server.dataDir)).toContain('苺');
  });
});

describe('the handshake', () => {
  it('answers server/discover, then initialize on the same connection', async () => {
    const server = startRawServer();
    const discovered = await server.request('server/discover', { _meta: envelope });
    expect(discovered.result).toMatchObject({
      supportedVersions: expect.arrayContaining(['2026-07-28']),
      instructions: expect.stringContaining('get_context'),
    });
    const initialized = await server.initialize();
    expect(initialized.result).toMatchObject({
      protocolVersion: '2025-11-25',
      instructions: expect.stringContaining('get_context'),
    });
    expect((await server.callTool('memory_list')).result).toMatchObject({ structuredContent: { total: 0 } });
  });

  it.each(['1999-01-01', '2099-01-01', 'nonsense'])(
    'answers initialize %s with a version of its own',
    async (version) => {
      const server = startRawServer();
      const { result } = await server.initialize(version);
      expect(result?.protocolVersion).toMatch(/^20\d\d-\d\d-\d\d$/);
      expect(result?.protocolVersion).not.toBe(version);
      expect((await server.request('tools/list')).result).toBeDefined();
    },
  );

  it.each(['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'])(
    'speaks %s where the client asks for it',
    async (version) => {
      const server = startRawServer();
      expect((await server.initialize(version)).result).toMatchObject({ protocolVersion: version });
    },
  );

  it('refuses a modern request of a version that does not exist, naming those that do', async () => {
    const server = startRawServer();
    const _meta = { ...envelope, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' };
    const { error } = await server.request('server/discover', { _meta });
    expect(error).toMatchObject({ code: -32022, data: { supported: expect.arrayContaining(['2026-07-28']) } });
  });

  it('answers an unknown method as such', async () => {
    const server = startRawServer();
    await server.initialize();
    expect((await server.request('memories/list')).error).toMatchObject({ code: -32601 });
  });

  it('answers tools/list and ping at once, without opening the store', async () => {
    const server = startRawServer({
      env: { MEMORY_MCP_EMBEDDINGS_MODEL: 'cl-nagoya/ruri-v3-30m', MEMORY_MCP_MODEL_DOWNLOAD: 'never' },
    });
    expect((await server.initialize()).result).toBeDefined();
    expect((await server.request('tools/list')).result).toBeDefined();
  });
});
