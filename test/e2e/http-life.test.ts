/**
 * How `serve --http` starts, refuses to start, follows its configuration and ends: the built program as a process.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dataPaths, personaPaths } from '../../src/config/paths.ts';
import { openConnection } from '../../src/store/sqlite/connection.ts';
import { connectHttp } from '../support/http-clients.ts';
import { sendRequest, spawnHttpServer } from '../support/http-server.ts';
import { binary, makeSurroundings } from '../support/surroundings.ts';
import { until } from '../support/until.ts';

/** Starts it, waits for the end, and answers with the exit code and what it said. */
function startAndFail(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const externalEnvironment = makeSurroundings({ env });
  onTestFinished(() => externalEnvironment.remove());
  const command = [binary, 'serve', '--http', '--port', '0', ...args];
  const { status, stderr } = spawnSync(process.execPath, command, {
    env: externalEnvironment.env,
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, stderr };
}

describe('starting', () => {
  it.each(['[{"token":"","personas":"*"}]', '[{"token":"  ","personas":"*"}]', '[{"token":"a b","personas":"*"}]'])(
    'with the tokens %s is refused',
    (tokens) => {
      const { status, stderr } = startAndFail([], { MEMORY_MCP_AUTH_TOKENS: tokens });
      expect(status).toBe(2);
      expect(stderr).toContain('MEMORY_MCP_AUTH_TOKENS');
      expect(stderr).not.toContain('a b');
    },
  );

  it('on every address is possible with tokens, and without them if that is allowed, with a warning', async () => {
    const closed = await spawnHttpServer({
      args: ['--host', '0.0.0.0'],
      tokens: [{ token: 'a-secret-of-some-length', personas: '*' }],
    });
    expect(closed.stderr()).not.toContain('warn');
    expect((await closed.request('/api/memory_list')).status).toBe(401);
    const open = await spawnHttpServer({
      args: ['--host', '0.0.0.0'],
      env: { MEMORY_MCP_ALLOW_UNAUTHENTICATED: 'true' },
    });
    expect(open.stderr()).toContain('without tokens');
    expect((await open.request('/api/memory_list')).status).toBe(200);
  });

  it('under another name without tokens warns, since that is what a proxy is for', async () => {
    const server = await spawnHttpServer({ env: { MEMORY_MCP_ALLOWED_HOSTS: 'memory.example.com' } });
    expect(server.stderr()).toContain('memory.example.com are accepted without tokens');
    const closed = await spawnHttpServer({
      env: { MEMORY_MCP_ALLOWED_HOSTS: 'memory.example.com' },
      tokens: [{ token: 'a-secret-of-some-length', personas: '*' }],
    });
    expect(closed.stderr()).not.toContain('warn');
  });

  it('on a port in use names the port and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo; // it listens on a port
    const { status, stderr } = startAndFail(['--port', String(port)]);
    expect(status).toBe(1);
    expect(stderr).toContain(`Port ${port} on 127.0.0.1 is already in use`);
    expect(stderr).toContain('--port');
  });

  it('with --stdio too is refused', () => {
    expect(startAndFail(['--stdio'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('exclude each other'),
    });
  });

  it('takes the persona of the flag where a request names none', async () => {
    const server = await spawnHttpServer({ args: ['--persona', '葵'] });
    expect(await server.api('get_context')).toMatchObject({ persona: '葵' });
  });
});

describe('a running server', () => {
  it('follows the rate limit of the file, and says when to come again', async () => {
    const externalEnvironment = makeSurroundings();
    onTestFinished(() => externalEnvironment.remove());
    const file = join(externalEnvironment.env.HOME ?? '', '..', 'config.json');
    writeFileSync(file, '{}');
    const server = await spawnHttpServer({ args: ['--config', file] });
    const burst = async () => {
      const replies = await Promise.all(Array.from({ length: 30 }, () => server.request('/api/memory_list')));
      return replies.filter(({ status }) => status === 429);
    };
    expect(await burst()).toHaveLength(0);
    writeFileSync(file, '{"rate_limit_per_second": 2}');
    let refused = await burst();
    for (let waited = 0; refused.length === 0 && waited < 20_000; waited += 250) {
      await delay(250);
      refused = await burst();
    }
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(refused[0]?.json()).toMatchObject({ error: { code: 'busy' } });
    expect((await server.request('/health')).status).toBe(200);
  });
});

describe.skipIf(process.platform === 'win32')('ending', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('by %s answers what is owed and takes less than a second', async (signal) => {
    const server = await spawnHttpServer();
    const calls = Array.from({ length: 20 }, (_, index) =>
      server.request('/api/memory_create', { method: 'POST', body: { content: `memory ${index}` } }),
    );
    // Until the first is through, so that the others are on their way.
    await Promise.race(calls);
    const ended = server.kill(signal);
    const replies = await Promise.allSettled(calls);
    const { code, milliseconds } = await ended;
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(3_000);
    const stored = replies.filter((reply) => reply.status === 'fulfilled' && reply.value.status === 200);
    const again = await spawnHttpServer({ dataDir: server.dataDir });
    const { total } = await again.api('memory_list');
    // Neither a reply without its memory nor a memory whose client was left without a reply.
    expect(total).toBe(stored.length);
    expect(stored.length).toBeGreaterThan(0);
  });

  it('answers and stores a write that waits for another program, before it ends', async () => {
    const server = await spawnHttpServer();
    await server.api('memory_create', { content: 'before' });
    const { database } = personaPaths(dataPaths(server.dataDir), 'default');
    const other = await openConnection({ path: database, busyTimeout: 5_000 });
    other.execute('BEGIN IMMEDIATE');
    const write = server.request('/api/memory_create', { method: 'POST', body: { content: 'held up' } });
    // A list that is asked for later is answered earlier: the write is on its way by then.
    await server.api('memory_list');
    const ended = server.kill('SIGTERM');
    const isRefused = () =>
      server.request('/health').then(
        ({ status }) => status === 503,
        () => true,
      );
    await until(isRefused, 'the server takes no more calls');
    other.execute('COMMIT');
    other.close();
    expect((await write).status).toBe(200);
    expect((await ended).code).toBe(0);
    const again = await spawnHttpServer({ dataDir: server.dataDir });
    expect(await again.api('memory_list')).toMatchObject({ total: 2 });
  });

  it('does not wait for clients that hold connections, streams or half a request', async () => {
    const server = await spawnHttpServer();
    const sockets = [
      '',
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    ];
    for (const text of sockets) {
      const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
      socket.on('error', () => {});
      onTestFinished(() => void socket.destroy());
    }
    const client = await connectHttp('modern', server.url, {});
    await client.call('memory_list');
    const stream = sendRequest(server.port, '/mcp', {
      method: 'POST',
      headers: {
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'subscriptions/listen',
      },
      body: {
        jsonrpc: '2.0',
        id: 1,
        method: 'subscriptions/listen',
        params: {
          notifications: {},
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': {},
          },
        },
      },
    });
    // Time for the stream to open, of which its client hears nothing.
    await delay(200);
    const { code, milliseconds } = await server.kill();
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(3_000);
    expect((await stream).status).toBe(200);
  });

  it('keeps running when the shell that started it exits', async () => {
    const externalEnvironment = makeSurroundings();
    const shell = spawn(
      'sh',
      ['-c', '"$@" & echo $!', 'sh', process.execPath, binary, 'serve', '--http', '--port', '0'],
      {
        env: externalEnvironment.env,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let output = '';
    let errors = '';
    shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    shell.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    await once(shell, 'exit');
    onTestFinished(() => {
      process.kill(Number(output), 'SIGKILL');
      externalEnvironment.remove();
    });
    await until(() => errors.includes('listening'), 'the server listens');
    // Longer than the interval at which a server would look for its parent.
    await delay(1_200);
    const port = Number(/:(\d+)\/mcp/.exec(errors)?.[1]);
    expect((await sendRequest(port, '/health')).status).toBe(200);
  });
});
