/**
 * Replies of the built server over HTTP name no folder of its machine, whatever goes wrong; its log does.
 */
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';
import { operations } from '../../src/operation/index.ts';
import { openConnection } from '../../src/store/sqlite/connection.ts';
import { type HttpTestServer, spawnHttpServer } from '../support/http-server.ts';

const mcpHeaders = { accept: 'application/json, text/event-stream' };

/** Arguments with which an operation gets as far as the store. */
const inputs: Readonly<Record<string, object>> = {
  memory_create: { content: '苺が好き' },
  memory_search: { query: '苺' },
  memory_read: { keys: ['memory_20251101173000'] },
  memory_update: { key: 'memory_20251101173000', content: 'x' },
  memory_delete: { keys: ['memory_20251101173000'] },
  memory_restore: { key: 'memory_20251101173000' },
  memory_pin: { key: 'memory_20251101173000' },
  update_context: { emotion: 'joy' },
  recall_explain: { query: '苺', key: 'memory_20251101173000' },
};

/** The replies of every operation over the API and MCP, and of every resource. */
async function allReplies(server: HttpTestServer): Promise<string[]> {
  const replies: string[] = [];
  const post = async (path: string, body: object) => {
    const reply = await server.request(path, { method: 'POST', headers: mcpHeaders, body });
    replies.push(`${path} ${JSON.stringify(body)} ${reply.text} ${JSON.stringify(reply.headers)}`);
  };
  const rpc = (method: string, params: object) => post('/mcp', { jsonrpc: '2.0', id: 1, method, params });
  for (const { name } of operations) {
    await post(`/api/${name}`, inputs[name] ?? {});
    await rpc('tools/call', { name, arguments: inputs[name] ?? {} });
  }
  for (const uri of ['memory://context', 'memory://recent', 'memory://stats', 'memory://memory_20251101173000']) {
    await rpc('resources/read', { uri });
  }
  replies.push((await server.request('/health')).text);
  return replies;
}

async function expectNoFolders(server: HttpTestServer): Promise<string> {
  const replies = await allReplies(server);
  for (const reply of replies) {
    expect(reply).not.toContain(server.dataDir);
    expect(reply).not.toContain(dirname(server.dataDir));
  }
  return replies.join('\n');
}

describe('the data folder is named in the log and not in replies', () => {
  it('when another program holds the database', async () => {
    const server = await spawnHttpServer({ args: ['--tools', 'full'] });
    await server.api('memory_create', { content: '苺' });
    const database = join(server.dataDir, 'memory', 'default', 'memory.sqlite');
    const other = await openConnection({ path: database, busyTimeout: 50 });
    other.execute('BEGIN IMMEDIATE');
    try {
      const body = { content: '林檎' };
      const params = { name: 'memory_create', arguments: body };
      const replies = await Promise.all([
        server.request('/api/memory_create', { method: 'POST', body }),
        server.request('/mcp', {
          method: 'POST',
          headers: mcpHeaders,
          body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params },
        }),
      ]);
      for (const { text } of replies) {
        expect(text).toContain('[data folder]/memory/default/memory.sqlite is locked by another program');
        expect(text).not.toContain(server.dataDir);
      }
      expect(server.stderr()).toContain(`${database} is locked by another program`);
    } finally {
      other.close();
    }
  }, 120_000);

  it('when the data folder can neither be read nor written', async () => {
    const server = await spawnHttpServer({ args: ['--tools', 'full'] });
    const memory = join(server.dataDir, 'memory');
    mkdirSync(memory, { recursive: true });
    chmodSync(server.dataDir, 0o500);
    try {
      await expectNoFolders(server);
    } finally {
      chmodSync(server.dataDir, 0o700);
    }
    // The superuser writes to a read-only folder all the same, but not into a file.
    renameSync(memory, `${memory}-aside`);
    writeFileSync(memory, '');
    expect(await expectNoFolders(server)).toContain('[data folder]/memory');
    expect(server.stderr()).toContain(memory);
    rmSync(memory);
  });

  it('when the model is missing or broken', async () => {
    const first = await spawnHttpServer({ args: ['--tools', 'full'] });
    const model = join(first.dataDir, 'cache', 'own-model');
    const env = { MEMORY_MCP_EMBEDDINGS_MODEL: model, MEMORY_MCP_RERANKER_MODEL: model };
    await first.api('memory_create', { content: '苺' });
    await first.kill();

    const missing = await spawnHttpServer({ dataDir: first.dataDir, env, args: ['--tools', 'full'] });
    expect(await expectNoFolders(missing)).toContain('degraded_reason');
    await missing.kill();

    mkdirSync(join(model, 'onnx'), { recursive: true });
    for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx']) {
      writeFileSync(join(model, file), 'broken');
    }
    const broken = await spawnHttpServer({ dataDir: first.dataDir, env, args: ['--tools', 'full'] });
    expect(await expectNoFolders(broken)).toContain('degraded_reason');
  });
});
