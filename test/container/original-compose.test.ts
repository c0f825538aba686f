/**
 * The compose files and the config.json of the original's deployment guide, with nothing changed but the image: its
 * readers keep them.
 */
import { describe, expect, it } from 'vitest';
import { docker, run } from '../support/containers.ts';
import { sendRequest } from '../support/http-server.ts';
import {
  composeFile,
  configFile,
  guideLogs,
  makeGuideProject,
  missing,
  port,
  tokenInLogs,
  untilHealthy,
} from '../support/original-guide.ts';

const because = missing === undefined ? '' : ` (${missing})`;
const persona = { 'x-persona': 'nilou' };

describe.skipIf(missing !== undefined)(`the compose file of the original${because}`, () => {
  it('serves with its config.json, whoever owned the data, and asks old clients for the token', async () => {
    const { compose } = makeGuideProject({ 'docker-compose.yml': composeFile, 'config.json': configFile });
    compose('up', '-d');
    await untilHealthy();
    const token = tokenInLogs();
    expect(guideLogs()).not.toMatch(/HF_HOME|TORCH_HOME|PYTHONUNBUFFERED/);

    const host = `nas.local:${port}`;
    const old = await sendRequest(port, '/api/get_context', { headers: { authorization: 'Bearer nilou', host } });
    expect([old.status, old.text]).toEqual([401, expect.stringContaining('the persona in X-Persona')]);
    const headers = { authorization: `Bearer ${token}`, host, ...persona };
    const created = await sendRequest(port, '/api/memory_create', { method: 'POST', headers, body: { content: '苺' } });
    expect(created.status).toBe(200);

    // Its own health check, the curl in the container.
    const [, command] = /test: \["CMD", (.*)\]/.exec(composeFile) ?? [];
    const check = JSON.parse(`[${command}]`);
    expect(run('docker', ['exec', 'memory-mcp', ...check]).status).toBe(0);

    compose('down');
    compose('up', '-d');
    await untilHealthy();
    expect((await sendRequest(port, '/api/memory_list', { headers })).text).toContain('苺');
    compose('down');
    expect(docker('ps', '-aq', '--filter', 'name=^memory-mcp$')).toBe('');
  });

  it('says what happened to a config.json that was never made, and serves', async () => {
    const { compose } = makeGuideProject({ 'docker-compose.yml': composeFile });
    compose('up', '-d');
    await untilHealthy();
    expect(guideLogs()).toMatch(
      /\/config\/config\.json .*is a folder and is ignored.*cp config\.example\.json config\.json/,
    );
  });
});
