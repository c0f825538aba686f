/** A persona that does not exist: reading it and changing what it does not hold leave no trace of it. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { spawnHttpServer } from '../support/http-server.ts';

const key = 'memory_20260101000000';

it('is created by memory_create and update_context, and by no other operation', async () => {
  const server = await spawnHttpServer({ env: { MEMORY_MCP_TOOLS: 'full' } });
  const folders = () => {
    const memory = join(server.dataDir, 'memory');
    return existsSync(memory) ? readdirSync(memory) : [];
  };
  const ask = async (operation: string, body: object) => {
    const reply = await server.request(`/api/${operation}`, { method: 'POST', body, headers: { 'x-persona': 'new' } });
    return [operation, reply.status];
  };
  expect(
    await Promise.all([
      ask('get_context', {}),
      ask('memory_list', {}),
      ask('memory_search', { query: '苺' }),
      ask('memory_stats', {}),
      ask('recall_explain', { query: '苺', key }),
      ask('memory_read', { keys: [key] }),
      ask('memory_update', { key, content: 'changed' }),
      ask('memory_delete', { keys: [key] }),
      ask('memory_delete', { keys: [key], permanent: true }),
      ask('memory_restore', { key }),
      ask('memory_pin', { key }),
      ask('index_rebuild', {}),
    ]),
  ).toEqual([
    ['get_context', 200],
    ['memory_list', 200],
    ['memory_search', 200],
    ['memory_stats', 200],
    ['recall_explain', 404],
    ['memory_read', 404],
    ['memory_update', 404],
    ['memory_delete', 404],
    ['memory_delete', 404],
    ['memory_restore', 404],
    ['memory_pin', 404],
    ['index_rebuild', 200],
  ]);
  expect(folders()).toEqual([]);
  expect(await ask('update_context', { user_info: { name: 'Aoi' } })).toEqual(['update_context', 200]);
  expect(folders()).toEqual(['new']);
});
