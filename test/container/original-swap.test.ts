/**
 * The swap as a reader of the original's guide does it: the compose file, config.json and ./data stay, the image is
 * another. What an old client and its user see at each step, up to served memories, and back.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { hostFolder, run, startContainer } from '../support/containers.ts';
import { type HttpReply, sendRequest } from '../support/http-server.ts';
import { writeOriginalPersona } from '../support/original-data.ts';
import {
  composeFile,
  configFile,
  type GuideProject,
  guideLogs,
  makeGuideProject,
  missing,
  port,
  tokenInLogs,
  untilHealthy,
} from '../support/original-guide.ts';
import { writeOriginalDataFolder } from '../support/original-personas.ts';
import { filesIn } from '../support/stores.ts';
import { until } from '../support/until.ts';

// Many starts of containers, one after the other.
vi.setConfig({ testTimeout: 600_000 });

const because = missing === undefined ? '' : ` (${missing})`;
const nas = `nas.local:${port}`;
const counts = { default: 4, nilou: 4, 葵: 3, 星: 3, old: 1, sofia: 4 };

/** While a command runs here, nothing notices that the server closes a connection that was kept. */
const agent = new Agent({ keepAlive: false });

/** As clients of the original name their persona. */
const asOldClient = () =>
  sendRequest(port, '/mcp', {
    agent,
    method: 'POST',
    headers: { authorization: 'Bearer nilou', host: nas, accept: 'application/json, text/event-stream' },
    body: { jsonrpc: '2.0', id: 1, method: 'tools/list' },
  });

const ask = (persona: string, token: string, path = '/api/get_context'): Promise<HttpReply> =>
  sendRequest(port, path, {
    agent,
    headers: { authorization: `Bearer ${token}`, host: nas, 'x-persona': encodeURIComponent(persona) },
  });

async function totalOf(persona: string, token: string): Promise<unknown> {
  const { result } = (await ask(persona, token)).json();
  return typeof result === 'object' && result !== null && 'total_memories' in result ? result.total_memories : result;
}

/** What the user reads in a message, typed into a shell of the host. */
function type(command: string) {
  const { status, stdout, stderr } = run('sh', ['-c', command]);
  return { status, said: stdout + stderr };
}

describe.skipIf(missing !== undefined)(`another image on the data of the original${because}`, () => {
  let project: GuideProject;
  let before: Map<string, Buffer>;

  beforeEach(async () => {
    project = makeGuideProject({ 'docker-compose.yml': composeFile, 'config.json': configFile });
    await writeOriginalDataFolder(project.data);
    before = filesIn(join(project.data, 'memory'));
  });

  it('says the one thing to do at each step, and serves what was there', async () => {
    const { data, compose } = project;
    compose('up', '-d');
    await untilHealthy();
    const token = tokenInLogs();
    expect(guideLogs()).toMatch(/not served yet: .*nilou.* Stop it, then run: docker exec [0-9a-f]{12} memory-mcp/);

    expect(guideLogs()).toMatch(/"docker exec [0-9a-f]{12} memory-mcp token" shows it again/);

    const first = await asOldClient();
    expect([first.status, first.text]).toEqual([401, expect.stringContaining('the persona in X-Persona')]);
    const second = await ask('nilou', token);
    expect(second.status).toBe(409);
    const command = /docker exec [0-9a-f]{12} memory-mcp migrate from-original --persona nilou --apply/.exec(
      second.text,
    );
    expect(type(command?.[0] ?? 'false')).toMatchObject({ status: 0, said: expect.stringContaining('4 added') });
    expect(await totalOf('nilou', token)).toBe(4);
    const found = await ask('nilou', token, `/api/memory_search?query=${encodeURIComponent('散歩')}`);
    expect(found.text).toContain('memory_20251117200000');

    // One has the journal of a process that was killed: the message says what to do about that.
    const all = type('docker exec memory-mcp memory-mcp migrate from-original --apply');
    expect(all).toMatchObject({ status: 3, said: expect.stringContaining('with --force') });
    expect(type('docker exec memory-mcp memory-mcp migrate from-original --apply --force').status).toBe(0);
    for (const [persona, count] of Object.entries(counts)) expect(await totalOf(persona, token)).toBe(count);
    expect(statSync(join(data, 'memory', 'default', 'memory.sqlite')).uid).toBe(1000);

    // Again: nothing is left to do.
    const again = type('docker exec memory-mcp memory-mcp migrate from-original --apply');
    expect(again).toMatchObject({ status: 1, said: expect.stringContaining('no persona of the original system') });

    // And back to the original, which the server must not be in the way of.
    const undo = type('docker exec memory-mcp memory-mcp migrate from-original --undo');
    expect(undo).toMatchObject({ status: 1, said: expect.stringContaining('Stop every memory-mcp server') });
    compose('down');
    const back = run('docker', ['compose', 'run', '--rm', 'memory-mcp', 'migrate', 'from-original', '--undo'], {
      cwd: project.folder,
    });
    expect({ status: back.status, said: back.stdout + back.stderr }).toMatchObject({ status: 0 });
    expect(filesIn(join(data, 'memory'))).toEqual(before);
  });

  it('moves by itself with one line more, after a backup, in as many starts as it takes', async () => {
    const { data, folder, compose } = project;
    const withLine = composeFile.replace('    environment:\n', '    environment:\n      - MEMORY_MCP_MIGRATE=auto\n');
    writeFileSync(join(folder, 'docker-compose.yml'), withLine);
    // Killed at once, and while it moves.
    compose('up', '-d');
    run('docker', ['kill', 'memory-mcp']);
    for (let kills = 0; kills < 3; kills++) {
      compose('start');
      await untilHealthy();
      run('docker', ['kill', 'memory-mcp']);
    }
    compose('start');
    await untilHealthy();
    // A start that was killed may have made the token without having shown it. Later ones name the command.
    const [, shows = ''] =
      /every request needs the access token, which "(docker exec [^"]+)" shows/.exec(guideLogs()) ?? [];
    const [token = ''] = /[0-9a-f]{48}/.exec(type(shows).said) ?? [];
    for (const [persona, count] of Object.entries(counts)) {
      if (persona === 'sofia') continue;
      await until(async () => (await ask(persona, token)).status === 200, `${persona} is served`);
      expect(await totalOf(persona, token)).toBe(count);
    }
    const waiting = await ask('sofia', token);
    expect([waiting.status, waiting.text]).toEqual([503, expect.stringContaining('memory.sqlite-wal lies beside')]);
    const command = /waits to be moved here.* run: (docker exec .* --force)/.exec(guideLogs())?.[1];
    expect(type(command ?? 'false').status).toBe(0);
    await until(async () => (await totalOf('sofia', token)) === counts.sofia, 'sofia is served');
    expect(readdirSync(join(data, 'backups')).filter((name) => name.startsWith('original-nilou-'))).toHaveLength(1);

    compose('down');
    writeFileSync(join(folder, 'docker-compose.yml'), composeFile);
    run('docker', ['compose', 'run', '--rm', 'memory-mcp', 'migrate', 'from-original', '--undo'], { cwd: folder });
    expect(filesIn(join(data, 'memory'))).toEqual(before);
  });

  it('loads the settings of its last version, with its own folder and port', async () => {
    const old = hostFolder();
    await writeOriginalPersona(old, 'nilou', {
      generation: '24 columns',
      memories: [{ key: 'memory_1', content: '最後の版', created_at: '2026-06-01T12:00:00', updated_at: '2026-06-01' }],
    });
    const container = startContainer({
      options: ['-v', `${old}:/app/data`, '--health-interval', '1s'],
      env: {
        NOUS_DATA_ROOT: '/app/data',
        NOUS_SERVER__PORT: '8080',
        NOUS_DEFAULT_PERSONA: 'nilou',
        NOUS_SEARXNG_URL: 'x',
      },
    });
    await container.listening();
    expect(container.logs()).toContain('listening on http://localhost:8080/mcp');
    expect(container.logs()).toMatch(/NOUS_SEARXNG_URL is a setting of the original system and has no effect/);
    await until(() => container.inspect('{{.State.Health.Status}}') === 'healthy', 'a healthy container');
    expect(container.exec('memory-mcp', 'migrate', 'from-original', '--apply').status).toBe(0);
    expect(container.exec('memory-mcp', 'call', 'memory_list').stdout).toContain('最後の版');
    expect(existsSync(join(old, 'memory', 'nilou', 'original'))).toBe(true);
  });

  it('starts with a config.json that Docker made a folder of, and says what to do', async () => {
    const { folder, compose } = project;
    rmSync(join(folder, 'config.json'));
    mkdirSync(join(folder, 'config.json'));
    compose('up', '-d');
    await untilHealthy();
    expect(guideLogs()).toMatch(/is a folder and is ignored.*cp config\.example\.json config\.json/);
    expect((await ask('nilou', tokenInLogs())).status).toBe(409);
  });
});
