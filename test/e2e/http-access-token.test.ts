/**
 * A server that other machines can reach and that has no tokens: it makes itself one, shows it once and asks everybody
 * for it. From its first start to the replacement of the token, against the built program.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HttpServerOptions, spawnHttpServer } from '../support/http-server.ts';
import { binary, makeSurroundings } from '../support/surroundings.ts';
import { until } from '../support/until.ts';

const everywhere = ['--host', '0.0.0.0'];
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** A data folder that outlives its servers. */
function makeFolder() {
  const folder = makeSurroundings();
  onTestFinished(() => folder.remove());
  return folder;
}

/** Starts a server beyond loopback and waits until it has said everything that it says at the start. */
async function start(options: HttpServerOptions = {}) {
  const server = await spawnHttpServer({ args: everywhere, ...options });
  await until(
    () => /replaces it|could not be kept|which "memory-mcp token" shows/.test(server.stderr()),
    'the notice of the access token',
  );
  return { ...server, shown: shownToken(server.stderr()) };
}

function shownToken(stderr: string): string | undefined {
  return /Authorization: Bearer ([0-9a-f]{48})"/.exec(stderr)?.[1];
}

function runToken(env: Readonly<Record<string, string>>, ...args: string[]) {
  return spawnSync(process.execPath, [binary, 'token', ...args], {
    env: { ...env },
    encoding: 'utf8',
    timeout: 20_000,
  });
}

describe('the first start', () => {
  it('shows the token once, with lines to paste, and keeps it for the owner alone', async () => {
    const server = await start();
    const file = join(server.dataDir, 'access-token');
    expect(readFileSync(file, 'utf8')).toBe(`${server.shown}\n`);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
    const entry = /\{.*\}/.exec(server.stderr())?.[0] ?? '';
    expect(JSON.parse(entry)).toEqual({
      type: 'http',
      url: `http://localhost:${server.port}/mcp`,
      headers: { Authorization: `Bearer ${server.shown}` },
    });
    expect(server.stderr()).toContain(
      `claude mcp add --transport http memory http://localhost:${server.port}/mcp --header "Authorization: Bearer ${server.shown}"`,
    );
  });

  it('is silent about it in the operations log, in replies, in backups and in doctor', async () => {
    const server = await start({ env: { MEMORY_MCP_LOG_LEVEL: 'debug' } });
    const { shown = '' } = server;
    const replies = [
      await server.request('/api/memory_create', {
        method: 'POST',
        body: { content: '苺が好き' },
        headers: bearer(shown),
      }),
      await server.request('/api/get_context', { headers: bearer(shown) }),
      await server.request('/metrics', { headers: bearer(shown) }),
      await server.request('/', { headers: bearer(shown) }),
      await server.request('/health'),
      await server.request('/api/get_context'),
    ];
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 401]);
    for (const { text } of replies) expect(text).not.toContain(shown);
    const archives = join(server.dataDir, 'archives');
    const { env } = makeSurroundings({ dataDir: server.dataDir });
    const backup = spawnSync(process.execPath, [binary, 'backup', '--out', archives], { env, encoding: 'utf8' });
    expect(backup.status).toBe(0);
    const doctor = spawnSync(process.execPath, [binary, 'doctor', '--json'], { env, encoding: 'utf8' });
    expect(doctor.stdout.length).toBeGreaterThan(100);
    expect(doctor.stdout + doctor.stderr).not.toContain(shown);
    await server.kill();
    expect(server.stderr().split(shown)).toHaveLength(3); // in the two lines to paste
    expect(readFileSync(join(server.dataDir, 'logs', 'memory_operations.log'), 'utf8')).not.toContain(shown);
    const [archive = ''] = readdirSync(archives);
    const names = spawnSync('tar', ['-tzf', join(archives, archive)], { encoding: 'utf8' }).stdout;
    expect(names).toContain('memory.sqlite');
    expect(names).not.toContain('access-token');
  });

  it('shows it at every log level', async () => {
    const { env } = makeFolder();
    const args = [binary, 'serve', '--http', '--port', '0', ...everywhere];
    const child = spawn(process.execPath, args, { env: { ...env, MEMORY_MCP_LOG_LEVEL: 'silent' } });
    onTestFinished(() => void child.kill('SIGKILL'));
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    await until(() => shownToken(stderr) !== undefined, 'a token on standard error');
  });

  it('makes none on loopback, with tokens, or where unauthenticated access is allowed', async () => {
    const servers = [
      await spawnHttpServer(),
      await spawnHttpServer({ args: everywhere, tokens: [{ token: 'a-secret-of-some-length', personas: '*' }] }),
      await spawnHttpServer({ args: everywhere, env: { MEMORY_MCP_ALLOW_UNAUTHENTICATED: 'true' } }),
    ];
    for (const server of servers) {
      await server.request('/health');
      expect(existsSync(join(server.dataDir, 'access-token'))).toBe(false);
      expect(shownToken(server.stderr())).toBeUndefined();
    }
  });
});

describe('who comes in', () => {
  it('is who sends the token, under any name of the machine, and everybody else gets 401', async () => {
    const { shown = '', request, port } = await start();
    const away = { host: `nas.local:${port}` };
    for (const path of ['/mcp', '/api/memory_list', '/metrics', '/', '/no/such/route']) {
      for (const headers of [{}, away, bearer('nilou'), { ...away, ...bearer('0'.repeat(48)) }]) {
        const reply = await request(path, { headers });
        expect([path, reply.status]).toEqual([path, 401]);
        expect(reply.text).toContain('memory-mcp token');
      }
    }
    const inside = { ...bearer(shown), host: away.host };
    expect((await request('/api/memory_list', { headers: inside })).status).toBe(200);
    expect((await request('/api/memory_list', { headers: { ...inside, origin: `http://${away.host}` } })).status).toBe(
      200,
    );
    expect(
      (await request('/api/memory_list', { headers: { ...inside, origin: 'http://elsewhere.example' } })).status,
    ).toBe(403);
  });

  it('lets anybody ask for its health, and finds nothing of an authorization server', async () => {
    const { request, port } = await start();
    const headers = { host: `memory-mcp:${port}` };
    expect((await request('/health', { headers })).status).toBe(200);
    for (const path of ['/.well-known/oauth-protected-resource', '/.well-known/oauth-authorization-server/mcp']) {
      expect((await request(path, { headers })).status).toBe(404);
    }
  });

  it('refuses the preflight of an unknown page, which could not send the token anyway', async () => {
    const { request } = await start();
    const headers = { origin: 'http://elsewhere.example', 'access-control-request-method': 'POST' };
    expect((await request('/mcp', { method: 'OPTIONS', headers })).status).toBe(403);
  });

  it('tells a client of the original, which sends the name of its persona, where both go', async () => {
    const { request } = await start();
    for (let attempt = 0; attempt < 12; attempt++) {
      const body = { jsonrpc: '2.0', id: 1, method: 'ping' };
      const reply = await request('/mcp', { method: 'POST', headers: bearer('nilou'), body });
      expect(reply.status).toBe(401);
      expect(reply.text).toContain('the persona in X-Persona');
    }
  });
});

describe('later', () => {
  it('the token is the same, and is not shown again', async () => {
    const folder = makeFolder();
    const first = await start({ dataDir: folder.dataDir });
    await first.kill();
    const second = await start({ dataDir: folder.dataDir });
    expect(second.stderr()).not.toContain(first.shown);
    expect((await second.request('/api/memory_list', { headers: bearer(first.shown ?? '') })).status).toBe(200);
  });

  it('memory-mcp token shows it; --new replaces it under a running server', async () => {
    const folder = makeFolder();
    const server = await start({ dataDir: folder.dataDir });
    const { shown = '' } = server;
    expect(runToken(folder.env)).toMatchObject({ status: 0, stdout: `${shown}\n`, stderr: '' });
    expect(JSON.parse(runToken(folder.env, '--json').stdout)).toEqual({ token: shown });
    const replaced = runToken(folder.env, '--new').stdout.trim();
    expect(replaced).toMatch(/^[0-9a-f]{48}$/);
    const statusFor = async (token: string) => (await server.request('/metrics', { headers: bearer(token) })).status;
    expect([await statusFor(replaced), await statusFor(shown)]).toEqual([200, 401]);
  });

  it('memory-mcp token makes none by itself, and says what would', () => {
    const folder = makeFolder();
    expect(runToken(folder.env)).toMatchObject({ status: 1, stderr: expect.stringContaining('--new') });
    expect(existsSync(folder.dataDir)).toBe(false);
  });

  it('configured tokens take its place, which memory-mcp token says', async () => {
    const folder = makeFolder();
    const token = runToken(folder.env, '--new').stdout.trim();
    const tokens = [{ token: 'a-secret-of-some-length', personas: '*' }];
    const server = await spawnHttpServer({ dataDir: folder.dataDir, args: everywhere, tokens });
    expect((await server.request('/metrics', { headers: bearer(token) })).status).toBe(401);
    const env = { ...folder.env, MEMORY_MCP_AUTH_TOKENS: JSON.stringify(tokens) };
    expect(runToken(env)).toMatchObject({ stdout: `${token}\n`, stderr: expect.stringContaining('opens nothing') });
  });

  it('a file without a token is replaced, and the new one is shown', async () => {
    const folder = makeFolder();
    mkdirSync(folder.dataDir, { recursive: true });
    writeFileSync(join(folder.dataDir, 'access-token'), '');
    const { shown } = await start({ dataDir: folder.dataDir });
    expect(readFileSync(join(folder.dataDir, 'access-token'), 'utf8')).toBe(`${shown}\n`);
  });

  it('a file that was deleted under the server changes nothing until it is replaced', async () => {
    const folder = makeFolder();
    const server = await start({ dataDir: folder.dataDir });
    rmSync(join(folder.dataDir, 'access-token'));
    expect((await server.request('/metrics', { headers: bearer(server.shown ?? '') })).status).toBe(200);
    const replaced = runToken(folder.env, '--new').stdout.trim();
    expect((await server.request('/metrics', { headers: bearer(replaced) })).status).toBe(200);
  });

  it('a folder that cannot keep the token serves with one for this run, and says why', async () => {
    const folder = makeFolder();
    mkdirSync(join(folder.dataDir, 'access-token'), { recursive: true });
    const { shown = '', request, stderr } = await start({ dataDir: folder.dataDir });
    expect(stderr()).toMatch(/valid until the server ends, because it could not be kept: .*folder/);
    expect((await request('/metrics', { headers: bearer(shown) })).status).toBe(200);
  });
});
