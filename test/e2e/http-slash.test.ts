/**
 * A slash at the end of a path changes nothing, on any route of the built server.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpTestServer, spawnHttpServer } from '../support/http-server.ts';

describe('a slash at the end', () => {
  let server: HttpTestServer;
  beforeAll(async () => {
    server = await spawnHttpServer({ owner: 'caller' });
  });
  afterAll(() => server.dispose());

  it.each(['/health', '/metrics', '/api/memory_list'])('of %s changes nothing', async (path) => {
    expect((await server.request(`${path}/`)).status).toBe(200);
  });

  it('of /mcp changes neither replies nor errors', async () => {
    const headers = { accept: 'application/json, text/event-stream' };
    const ask = (path: string, body: object) => server.request(path, { method: 'POST', headers, body });
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
    expect((await ask('/mcp/', ping)).json()).toEqual((await ask('/mcp', ping)).json());
    const refused = await server.request('/mcp/', {
      method: 'POST',
      headers: { ...headers, 'x-persona': '..' },
      body: ping,
    });
    expect([refused.status, refused.json()]).toMatchObject([400, { jsonrpc: '2.0', error: { code: -32000 } }]);
  });
});
