/**
 * The nginx sample of docs/scale.md, run as it stands there but for TLS, ports and addresses: each persona has one
 * server, and no other one ever answers for it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { spawnHttpServer } from '../support/http-server.ts';
import { testFolder } from '../support/stores.ts';
import { repositoryRoot } from '../support/surroundings.ts';

const skip =
  spawnSync('nginx', ['-v'], { stdio: 'ignore' }).error && 'nginx not installed (apt-get install nginx-light)';
const sample =
  /```nginx\n([\s\S]*?)```/.exec(readFileSync(join(repositoryRoot, 'docs', 'scale.md'), 'utf8'))?.[1] ?? '';

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function startNginx(ports: readonly number[]): Promise<string> {
  const folder = testFolder();
  const port = await freePort();
  const site = sample
    .replace('10.0.0.11:8000', `127.0.0.1:${ports[0]}`)
    .replace('10.0.0.12:8000', `127.0.0.1:${ports[1]}`)
    .replace('listen 443 ssl', `listen 127.0.0.1:${port}`)
    .replaceAll(/ssl_certificate.*;/g, '');
  mkdirSync(join(folder, 'temp'), { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${join(folder, 'temp', kind)};`)
    .join(' ');
  const configuration = join(folder, 'nginx.conf');
  writeFileSync(
    configuration,
    // Started by root, its workers would be somebody who may not enter the folder.
    `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; worker_processes 1; pid ${join(folder, 'pid')};
     error_log stderr; events {} http { access_log off; ${temporary} ${site} }`,
  );
  const nginx = spawn('nginx', ['-c', configuration, '-p', folder], { stdio: 'ignore' });
  const exited = once(nginx, 'exit');
  onTestFinished(async () => {
    nginx.kill('SIGQUIT');
    await exited;
  });
  const url = `http://127.0.0.1:${port}`;
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(50)) {
    const there = await fetch(`${url}/health`).then(
      () => true,
      () => false,
    );
    if (there) return url;
  }
  throw new Error('nginx does not answer');
}

describe.skipIf(skip !== undefined)(`personas behind nginx${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
  it('have one server each, also when it is away', async () => {
    const allowed = { MEMORY_MCP_ALLOWED_HOSTS: 'memory.example.com' };
    const servers = await Promise.all([spawnHttpServer({ env: allowed }), spawnHttpServer({ env: allowed })]);
    const url = await startNginx(servers.map(({ port }) => port));
    const call = (operation: string, persona: string | undefined, body: object = {}) =>
      fetch(`${url}/api/${operation}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(persona !== undefined && { 'x-persona': persona }) },
        body: JSON.stringify(body),
      });
    const personas = [undefined, ...Array.from({ length: 12 }, (_, at) => `persona-${at}`)];
    for (let round = 0; round < 3; round++) {
      for (const persona of personas) {
        const reply = await call('memory_create', persona, { content: `memory ${round}` });
        expect(reply.status).toBe(200);
      }
    }
    const held = await Promise.all(
      servers.map(async (server) => {
        const counts = new Map<string, number>();
        for (const persona of personas) {
          const name = persona ?? 'default';
          const { total } = await server.api('memory_list', {}, { 'x-persona': name });
          if (Number(total) > 0) counts.set(name, Number(total));
        }
        return counts;
      }),
    );
    const [one, other] = held;
    expect((one?.size ?? 0) + (other?.size ?? 0)).toBe(personas.length);
    expect(Math.min(one?.size ?? 0, other?.size ?? 0)).toBeGreaterThan(0);
    expect([...(one?.values() ?? []), ...(other?.values() ?? [])].every((count) => count === 3)).toBe(true);

    await servers[0].kill('SIGTERM');
    const [lost] = one?.keys() ?? [];
    expect((await call('memory_create', lost, { content: 'somewhere else?' })).status).toBe(502);
    expect((await call('memory_create', lost, { content: 'still not?' })).status).toBe(502);
  });
});
