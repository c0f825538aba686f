/**
 * `serve --http` with `tools: read-only`: the built server refuses every operation that changes something.
 */
import { describe, expect, it } from 'vitest';
import { operations } from '../../src/operation/index.ts';
import { spawnHttpServer } from '../support/http-server.ts';

const writing = operations.filter(({ effect }) => effect !== 'read').map(({ name }) => name);
const token = 'a-token-that-may-write';

describe.each<[string, readonly object[], Record<string, string>]>([
  ['without tokens', [], {}],
  ['with a token that may write', [{ token, personas: '*' }], { authorization: `Bearer ${token}` }],
])('a read-only server %s', (_, tokens, headers) => {
  it('refuses every writing operation on the API and MCP, and reads', async () => {
    const server = await spawnHttpServer({ args: ['--tools', 'read-only'], tokens });
    expect(writing.length).toBeGreaterThan(5);
    for (const name of writing) {
      const api = await server.request(`/api/${name}`, { method: 'POST', headers, body: {} });
      expect([name, api.status, api.json()]).toMatchObject([name, 403, { error: { code: 'forbidden' } }]);
      const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } };
      const mcp = await server.request('/mcp', { method: 'POST', headers, body });
      expect([name, mcp.json()]).toMatchObject([name, { error: { code: -32602 } }]);
    }
    expect((await server.request('/api/memory_list', { headers })).status).toBe(200);
  });
});
