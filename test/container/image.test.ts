/**
 * The image on a real Docker engine: how it starts and whom it runs as, stdio and HTTP, what stays, and what it says
 * about the faults of the first day.
 */
import { chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeTestModel } from '../../scripts/test-model/test-models.ts';
import { connect, eras } from '../support/clients.ts';
import { docker, hostFolder, image, run, runOptions, skip, startContainer } from '../support/containers.ts';
import { sendRequest } from '../support/http-server.ts';
import { until } from '../support/until.ts';

const because = skip === undefined ? '' : ` (${skip})`;
const ownerOf = (path: string) => `${statSync(path).uid}:${statSync(path).gid}`;
const bearer = (token: string) => ['-H', `Authorization: Bearer ${token}`];
const memory = (content: string) => ['-H', 'Content-Type: application/json', '-d', JSON.stringify({ content })];

describe.skipIf(skip !== undefined)(`the image${because}`, () => {
  it('has less than 300 MB, and no model', () => {
    const bytes = Number(docker('image', 'inspect', '-f', '{{.Size}}', image));
    expect(bytes).toBeLessThan(300_000_000);
    const files = docker('run', '--rm', '--entrypoint', 'find', image, '/app', '-name', '*.onnx');
    expect(files).toBe('');
  });

  it('contains the binaries of its own platform alone', () => {
    const found = docker('run', '--rm', '--entrypoint', 'find', image, '/app', '-name', '*.node', '-printf', '%P\n');
    const arch = docker('run', '--rm', '--entrypoint', 'node', image, '-p', 'process.arch');
    expect(found.split('\n').sort()).toEqual([
      `node_modules/better-sqlite3-prebuilt/prebuilds/linux-${arch}.node`,
      `node_modules/onnxruntime-node/bin/napi-v6/linux/${arch}/onnxruntime_binding.node`,
    ]);
  });

  it('becomes healthy by itself, also by the curl of an older compose file', async () => {
    const container = startContainer({ options: ['--health-interval', '1s'] });
    await until(() => container.inspect('{{.State.Health.Status}}') === 'healthy', 'a healthy container');
    expect(container.exec('curl', '-f', 'http://localhost:26262/health').status).toBe(0);
  });

  it('stops at once, with exit code 0, whoever runs it', async () => {
    for (const options of [[], ['--user', '1000'], ['--init'], ['--cap-drop', 'ALL']]) {
      const container = startContainer({ options });
      await container.listening();
      const started = performance.now();
      docker('stop', '-t', '30', container.id);
      const seconds = (performance.now() - started) / 1_000;
      expect([options, container.inspect('{{.State.ExitCode}}')]).toEqual([options, '0']);
      expect(seconds).toBeLessThan(10);
    }
  });

  it.each(eras)('speaks to a %s client over stdio by docker run -i', async (era) => {
    const data = hostFolder();
    const args = ['run', '-i', '--rm', ...runOptions({ data }), image, 'serve', '--stdio'];
    const env = { PATH: process.env.PATH ?? '', DOCKER_HOST: process.env.DOCKER_HOST ?? '' };
    const { client, gone } = await connect(era, { command: 'docker', args, env, cwd: '/' });
    const created = await client.callTool({ name: 'memory_create', arguments: { content: '苺のアレルギーがある' } });
    expect(created.structuredContent).toMatchObject({ stored: true });
    const found = await client.callTool({ name: 'memory_search', arguments: { query: '苺' } });
    expect(JSON.stringify(found.structuredContent)).toContain('アレルギー');
    await client.close();
    await gone;
    expect(ownerOf(join(data, 'memory', 'default', 'memory.sqlite'))).toBe('1000:1000');
  });

  it('serves a published port to whoever has the token, and keeps the memories for the next container', async () => {
    const data = hostFolder();
    const options = ['-p', '127.0.0.1:0:26262', '--memory', '512m'];
    const first = startContainer({ data, options });
    await first.listening();
    const port = Number(docker('port', first.id, '26262').split(':').at(-1));
    const headers = { authorization: `Bearer ${first.token()}`, host: 'nas.local:26262' };
    const body = { content: '苺のアレルギーがある' };
    const created = await sendRequest(port, '/api/memory_create', { method: 'POST', headers, body });
    expect([created.status, created.json()]).toMatchObject([200, { result: { stored: true } }]);
    expect((await sendRequest(port, '/api/memory_list')).status).toBe(401);
    expect((await sendRequest(port, '/health')).status).toBe(200);
    docker('kill', first.id);

    const second = startContainer({ data });
    await second.listening();
    expect(second.token()).toBe('');
    const found = second.request('/api/memory_search?query=%E8%8B%BA', ...bearer(first.token()));
    expect([found.status, found.text]).toEqual([200, expect.stringContaining('アレルギー')]);
  });

  it.each([
    ['', []],
    [', also with a read-only root', ['--read-only', '--user', '4321:4321']],
  ])('searches by meaning with a model of the data folder%s', async (_, options) => {
    const data = hostFolder();
    chownSync(data, 4321, 4321);
    writeTestModel('tiny-embed', data);
    const container = startContainer({ data, options, env: { MEMORY_MCP_EMBEDDINGS_MODEL: '/data/tiny-embed' } });
    await container.listening();
    const token = container.token();
    container.request('/api/memory_create', ...bearer(token), ...memory('苺のアレルギーがある'));
    await until(() => {
      const { text } = container.request('/api/memory_search?query=%E8%8B%BA&mode=semantic', ...bearer(token));
      return text.includes('"mode":"semantic"') && text.includes('アレルギー');
    }, 'a search by meaning');
  });

  it('runs with a read-only root, as any user, with no capability', async () => {
    const data = hostFolder();
    chownSync(data, 4321, 4321);
    const hardened = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--user', '4321:4321'];
    const container = startContainer({ data, options: hardened });
    await container.listening();
    const created = container.request('/api/memory_create', ...bearer(container.token()), ...memory('安全'));
    expect(created.status).toBe(200);
    expect(ownerOf(join(data, 'memory', 'default', 'memory.sqlite'))).toBe('4321:4321');
    expect(container.logs()).not.toContain('warn');
  });
});

describe.skipIf(skip !== undefined)(`the user of the server${because}`, () => {
  /** The user of each process in the container. */
  const usersOf = (id: string) =>
    docker('top', id, '-eo', 'pid,uid')
      .split('\n')
      .slice(1)
      .map((line) => Number(line.trim().split(/\s+/)[1]));

  it('is 1000, which gets everything that root left in /data; no process stays root', async () => {
    const data = hostFolder();
    const folder = join(data, 'memory', 'default');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, 'persona_context.json'), '{}', { mode: 0o600 });
    const container = startContainer({ data });
    await container.listening();
    expect(new Set(usersOf(container.id))).toEqual(new Set([1000]));
    for (const path of [data, folder, join(folder, 'persona_context.json'), join(data, 'access-token')]) {
      expect([path, ownerOf(path)]).toEqual([path, '1000:1000']);
    }
    const created = container.request('/api/memory_create', ...bearer(container.token()), ...memory('x'));
    expect(created.status).toBe(200);
  });

  it('is the one of PUID and PGID, with the capabilities of the compose file', async () => {
    const data = hostFolder();
    const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'SETGID', 'SETUID'].flatMap((name) => ['--cap-add', name]);
    const options = ['--cap-drop', 'ALL', ...capabilities, '--security-opt', 'no-new-privileges'];
    const container = startContainer({ data, options, env: { PUID: '1026', PGID: '100' } });
    await container.listening();
    expect(new Set(usersOf(container.id))).toEqual(new Set([1026]));
    expect(ownerOf(join(data, 'access-token'))).toBe('1026:100');
  });

  it('stays root with PUID=0, as rootless engines need it', async () => {
    const data = hostFolder();
    const container = startContainer({ data, env: { PUID: '0', PGID: '0' } });
    await container.listening();
    expect(ownerOf(join(data, 'access-token'))).toBe('0:0');
  });

  it('is refused if it is no number', () => {
    const { status, stderr } = run('docker', ['run', '--rm', '-e', 'PUID=me', image]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('PUID and PGID must be numbers')]);
  });

  it.each([
    ['--user', ['--user', '4321:4321'], 0, 4321],
    ['no capability to change it', ['--cap-drop', 'ALL'], 1000, 0],
  ])(
    'with %s serves all the same, and says whose the folder is and how to hand it over',
    async (_, options, owner, user) => {
      const data = hostFolder();
      chownSync(data, owner, owner);
      const container = startContainer({ data, options });
      await container.listening();
      const advice = [
        `/data belongs to uid ${owner}, and memory-mcp runs as uid ${user}`,
        `chown -R ${user}:${user} /data`,
      ];
      for (const part of advice) expect(container.logs()).toContain(part);
      expect(container.logs()).toContain('could not be kept');
      const refused = container.request('/api/memory_create', ...bearer(container.token()), ...memory('x'));
      expect(refused.status).toBe(503);
      expect(refused.text).toContain(`belongs to uid ${owner}`);

      chownSync(data, user, user);
      const stored = container.request('/api/memory_create', ...bearer(container.token()), ...memory('x'));
      expect(stored.status).toBe(200);
    },
  );

  it('is also the one of docker exec: what commands make can be used by the server', async () => {
    const data = hostFolder();
    const container = startContainer({ data });
    await container.listening();
    const made = container.exec('memory-mcp', 'call', 'memory_create', '{"content": "from a command"}');
    expect(made.status).toBe(0);
    expect(ownerOf(join(data, 'memory', 'default', 'memory.sqlite'))).toBe('1000:1000');
    expect(container.exec('memory-mcp', 'backup').status).toBe(0);
    const [archive = ''] = readdirSync(join(data, 'backups'));
    expect(ownerOf(join(data, 'backups', archive))).toBe('1000:1000');
    expect(container.exec('memory-mcp', 'token').stdout).toBe(`${container.token()}\n`);
    const replaced = container.exec('memory-mcp', 'token', '--new').stdout.trim();
    expect(container.request('/api/memory_list', ...bearer(replaced)).text).toContain('from a command');
  });
});

describe.skipIf(skip !== undefined)(`the first day${because}`, () => {
  it('with a folder in the place of config.json, as Docker makes one, says what to do and goes on', async () => {
    const folder = hostFolder('config.json');
    const container = startContainer({ options: ['-v', `${folder}:/config/config.json:ro`] });
    await container.listening();
    expect(container.logs()).toMatch(/\/config\/config\.json .*is a folder and is ignored.*cp config\.example\.json/);
  });

  it('with a config.json follows it, and without one has nothing to say', async () => {
    const folder = hostFolder('config');
    writeFileSync(join(folder, 'config.json'), '{"persona": "nilou", "server_port": 8000, "server_host": "127.0.0.1"}');
    const configured = startContainer({ options: ['-v', `${folder}:/config:ro`] });
    const plain = startContainer();
    await Promise.all([configured.listening(), plain.listening()]);
    expect(configured.request('/api/get_context', ...bearer(configured.token())).text).toContain('"persona":"nilou"');
    for (const { logs } of [configured, plain]) expect(logs()).not.toMatch(/warn|config\.json/);
  });

  it('with a port in use names the port and what to do', async () => {
    const other = createServer().listen(0, '0.0.0.0');
    await new Promise((resolve) => other.once('listening', resolve));
    onTestFinished(() => void other.close());
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const args = ['run', '--rm', '--network', 'host', ...runOptions({}), '-e', `MEMORY_MCP_SERVER_PORT=${port}`, image];
    const { status, stderr } = run('docker', args);
    expect([status, stderr]).toEqual([1, expect.stringContaining(`Port ${port} on 0.0.0.0 is already in use`)]);
    expect(stderr).toContain('MEMORY_MCP_SERVER_PORT');
  });

  it('without a time zone says that it is UTC, unless that is meant', async () => {
    const [none, utc, tokyo] = ['', 'UTC', 'Asia/Tokyo'].map((TZ) => startContainer({ env: { TZ } }));
    await Promise.all([none, utc, tokyo].map((container) => container?.listening()));
    expect(none?.logs()).toContain('The time zone is UTC, because this container has none');
    expect(none?.logs()).toContain('TZ=Asia/Tokyo');
    expect(`${utc?.logs()}${tokyo?.logs()}`).not.toContain('time zone');
  });

  it('answers another container that calls by the name of the service', async () => {
    const network = docker('network', 'create', `memory-mcp-test-${process.pid}`);
    const server = startContainer({ options: ['--network', network, '--network-alias', 'memory-mcp'] });
    onTestFinished(() => {
      server.remove();
      docker('network', 'rm', network);
    });
    await server.listening();
    const statusOf = (path: string, ...args: string[]) => {
      const curl = ['-sS', '-o', '/dev/null', '-w', '%{http_code}', ...args, `http://memory-mcp:26262${path}`];
      return docker('run', '--rm', '--network', network, '--entrypoint', 'curl', image, ...curl);
    };
    expect(statusOf('/health')).toBe('200');
    expect(statusOf('/api/memory_list')).toBe('401');
    expect(statusOf('/api/memory_list', ...bearer(server.token()))).toBe('200');
  });

  it('refuses that container by its Host where tokens are not asked for, and says what allows it', async () => {
    const server = startContainer({ env: { MEMORY_MCP_ALLOW_UNAUTHENTICATED: 'true' } });
    await server.listening();
    const refused = server.request('/api/memory_list', '-H', 'Host: memory-mcp:26262');
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('MEMORY_MCP_ALLOWED_HOSTS')]);
    expect(server.request('/api/memory_list').status).toBe(200);
    expect(server.logs()).toContain('without tokens: anyone who reaches the port can read and write every persona');
  });
});
