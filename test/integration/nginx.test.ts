/**
 * The nginx sample of docs/http.md, run as it stands there but for ports and paths: TLS in front, clients of both eras
 * behind it, each with a persona of its own, whatever script its name is written in.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HttpTestServer, spawnHttpServer } from '../support/http-server.ts';
import { repositoryRoot } from '../support/surroundings.ts';

const missing = ['nginx', 'openssl'].filter(
  (program) => spawnSync(program, ['version'], { stdio: 'ignore' }).error !== undefined,
);
const skip =
  missing.length > 0 ? `${missing.join(' and ')} not installed (apt-get install nginx-light openssl)` : undefined;

const host = 'memory.example.com';
const sample = /```nginx\n([\s\S]*?)```/.exec(readFileSync(join(repositoryRoot, 'docs', 'http.md'), 'utf8'))?.[1] ?? '';

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

interface Proxy {
  readonly port: number;
  readonly certificate: Buffer;
}

/** Runs nginx with the sample, in a folder of its own, until the test ends. */
async function startNginx(server: HttpTestServer): Promise<Proxy> {
  const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-nginx-'));
  const port = await freePort();
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', `/CN=${host}`],
      ...['-addext', `subjectAltName=DNS:${host}`, '-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  const site = sample
    .replace('127.0.0.1:8000', `127.0.0.1:${server.port}`)
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replace(/ssl_certificate .*;/, `ssl_certificate ${certificate};`)
    .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${key};`);
  mkdirSync(join(folder, 'temp'));
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const configuration = join(folder, 'nginx.conf');
  writeFileSync(
    configuration,
    // Started by root, its workers would be somebody who may not enter the folder.
    `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; worker_processes 1; pid ${join(folder, 'pid')}; error_log stderr;
     events {}
     http { access_log off; ${kinds.map((kind) => `${kind}_temp_path ${join(folder, 'temp', kind)};`).join(' ')}
     ${site} }`,
  );
  const nginx = spawn('nginx', ['-c', configuration, '-p', folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  nginx.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const exited = once(nginx, 'exit');
  onTestFinished(async () => {
    nginx.kill('SIGQUIT');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  });
  const proxy = { port, certificate: readFileSync(certificate) };
  for (let waited = 0; waited < 10_000; waited += 50) {
    if (nginx.exitCode !== null) throw new Error(`nginx ended: ${errors}`);
    const status = await send(proxy, '/health').then(
      (reply) => reply.status,
      () => 0,
    );
    if (status !== 0) return proxy;
    await delay(50);
  }
  throw new Error(`nginx does not answer: ${errors}`);
}

interface Sent {
  readonly status: number;
  readonly text: string;
}

/** One request to the proxy, under the name that its certificate has. */
function send(
  { port, certificate }: Proxy,
  path: string,
  headers: Record<string, string> = {},
  body?: object,
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        servername: host,
        ca: certificate,
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          host: `${host}:${port}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
      },
      async (incoming) => {
        let text = '';
        for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
        resolve({ status: incoming.statusCode ?? 0, text });
      },
    );
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

describe.skipIf(skip !== undefined)(`behind nginx${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
  const aoi = { 'x-persona': encodeURIComponent('葵') };
  const tools = { accept: 'application/json, text/event-stream' };

  it('each client keeps its own persona, over TLS, over MCP of both eras and over the API', async () => {
    const server = await spawnHttpServer({ env: { MEMORY_MCP_ALLOWED_HOSTS: host } });
    const proxy = await startNginx(server);
    const create = (content: string, headers: Record<string, string>) =>
      send(proxy, '/api/memory_create', headers, { content });
    expect((await create('りんご畑', aoi)).status).toBe(200);
    expect((await create('みかん山', { 'x-persona': 'nilou' })).status).toBe(200);
    expect((await create('ぶどう棚', {})).status).toBe(200);

    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'memory_list', arguments: {} } };
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const modern = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'memory_list' };
    const replies = [
      await send(proxy, '/api/memory_list', aoi),
      await send(proxy, '/mcp', { ...aoi, ...tools }, call),
      await send(proxy, '/mcp', { ...aoi, ...tools, ...modern }, { ...call, params: { ...call.params, _meta: meta } }),
    ];
    for (const { status, text } of replies) {
      expect([status, text.includes('りんご畑'), /みかん山|ぶどう棚/.test(text)]).toEqual([200, true, false]);
    }

    await server.kill();
    const log = readFileSync(join(server.dataDir, 'logs', 'memory_operations.log'), 'utf8');
    expect(log.match(/"operation":"memory_list","persona":"葵"/g)).toHaveLength(3);
    expect(log).not.toMatch(/りんご畑|みかん山|ぶどう棚/);
  });

  it('tokens pass through, and its own page may be used while others may not', async () => {
    const server = await spawnHttpServer({ tokens: [{ token: 'secret', personas: ['葵'] }] });
    const proxy = await startNginx(server);
    const token = { authorization: 'Bearer secret' };
    expect((await send(proxy, '/api/memory_list')).status).toBe(401);
    expect((await send(proxy, '/api/memory_list', token)).status).toBe(200);
    expect((await send(proxy, '/health')).status).toBe(200);
    const own = { ...token, origin: `https://${host}:${proxy.port}` };
    expect((await send(proxy, '/api/memory_list', own)).status).toBe(200);
    expect((await send(proxy, '/api/memory_list', { ...token, origin: 'https://evil.example' })).status).toBe(403);
  });

  it('a name that is not allowed is refused, naming it', async () => {
    const proxy = await startNginx(await spawnHttpServer());
    const { status, text } = await send(proxy, '/api/memory_list');
    expect(status).toBe(403);
    expect(text).toContain(host);
  });

  it('a body that is too large gets the answer of the server, and the next request works', async () => {
    const proxy = await startNginx(await spawnHttpServer({ env: { MEMORY_MCP_ALLOWED_HOSTS: host } }));
    const large = await send(proxy, '/api/memory_create', {}, { content: 'x'.repeat(4.5 * 1024 * 1024) });
    expect([large.status, JSON.parse(large.text)]).toMatchObject([413, { error: { code: 'invalid_input' } }]);
    expect((await send(proxy, '/api/memory_create', {}, { content: 'tea' })).status).toBe(200);
  });
});
