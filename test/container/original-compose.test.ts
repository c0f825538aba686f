/**
 * The compose files and the config.json of the original's deployment guide, with nothing changed but the image: its
 * readers keep them. The guide lies beside the clone where this project is developed; elsewhere these tests skip.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { docker, image, run, skip } from '../support/containers.ts';
import { sendRequest } from '../support/http-server.ts';
import { repositoryRoot } from '../support/surroundings.ts';
import { until } from '../support/until.ts';

const guide = join(repositoryRoot, '..', 'shared', 'seed', 'docker-deployment-guide.ja.md');
const missing = skip ?? (existsSync(guide) ? undefined : "the original's guide is not beside the clone");
const because = missing === undefined ? '' : ` (${missing})`;
const text = missing === undefined ? readFileSync(guide, 'utf8') : '';
const fence = (language: string, part: string) =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].find(([, code]) =>
    code?.includes(part),
  )?.[1] ?? '';

const port = 26262;
const persona = { 'x-persona': 'nilou' };

describe.skipIf(missing !== undefined)(`the compose file of the original${because}`, () => {
  /** A folder as a reader of the guide has it, with data that root owns. */
  function makeProject() {
    const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-original-'));
    mkdirSync(join(folder, 'data', 'logs'), { recursive: true });
    const compose = (...args: string[]) => {
      const { status, stdout, stderr } = run('docker', ['compose', ...args], { cwd: folder });
      if (status !== 0) throw new Error(`docker compose ${args.join(' ')} failed: ${stdout}${stderr}`);
      return stdout + stderr;
    };
    onTestFinished(() => {
      run('docker', ['compose', 'down', '-v'], { cwd: folder });
      rmSync(folder, { recursive: true, force: true });
    });
    return { folder, compose };
  }

  /** The guide's file, whose image is built, with ours in its place. */
  const withOurImage = fence('yaml', 'HF_HOME=/data').replace(
    / {4}build:\n {6}context: \.\n {6}dockerfile: Dockerfile\n/,
    `    image: ${image}\n`,
  );
  const logs = () => {
    const { stdout, stderr } = run('docker', ['logs', 'memory-mcp']);
    return stdout + stderr;
  };
  const healthy = () =>
    until(async () => (await sendRequest(port, '/health').catch(() => undefined))?.status === 200, 'a healthy server');

  it('serves with its config.json, whoever owned the data, and asks old clients for the token', async () => {
    const { folder, compose } = makeProject();
    writeFileSync(join(folder, 'docker-compose.yml'), withOurImage);
    writeFileSync(join(folder, 'config.json'), fence('json', 'embeddings_model'));
    compose('up', '-d');
    await healthy();
    const token = /Bearer ([0-9a-f]{48})/.exec(logs())?.[1] ?? '';
    expect(logs()).not.toMatch(/HF_HOME|TORCH_HOME|PYTHONUNBUFFERED/);

    const host = `nas.local:${port}`;
    const old = await sendRequest(port, '/api/get_context', { headers: { authorization: 'Bearer nilou', host } });
    expect([old.status, old.text]).toEqual([401, expect.stringContaining('the persona in X-Persona')]);
    const headers = { authorization: `Bearer ${token}`, host, ...persona };
    const created = await sendRequest(port, '/api/memory_create', { method: 'POST', headers, body: { content: '苺' } });
    expect(created.status).toBe(200);

    // Its own health check, the curl in the container.
    const [, command] = /test: \["CMD", (.*)\]/.exec(withOurImage) ?? [];
    const check = JSON.parse(`[${command}]`);
    expect(run('docker', ['exec', 'memory-mcp', ...check]).status).toBe(0);

    compose('down');
    compose('up', '-d');
    await healthy();
    expect((await sendRequest(port, '/api/memory_list', { headers })).text).toContain('苺');
    compose('down');
    expect(docker('ps', '-aq', '--filter', 'name=^memory-mcp$')).toBe('');
  });

  it('says what happened to a config.json that was never made, and serves', async () => {
    const { folder, compose } = makeProject();
    writeFileSync(join(folder, 'docker-compose.yml'), withOurImage);
    compose('up', '-d');
    await healthy();
    expect(logs()).toMatch(
      /\/config\/config\.json .*is a folder and is ignored.*cp config\.example\.json config\.json/,
    );
  });
});
