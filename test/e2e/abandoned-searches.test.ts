/**
 * Searches whose caller has gone, over each transport: the question is taken back from the model that reads it, and so
 * are the passages from the reranker. In each test another search was asked before and is still waiting when the
 * abandoned one has ended, which only a caller who has gone explains.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { request as startRequest } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type HttpTestServer, spawnHttpServer } from '../support/http-server.ts';
import { folderOfTest, heldWhile, notedSteps, tinyModels } from '../support/model-servers.ts';
import { startRawServer } from '../support/raw-server.ts';
import { until } from '../support/until.ts';

type Mode = 'hybrid' | 'keyword';

/** A search by words goes to the reranker at once, one by meaning to the embedder first. */
const readers: readonly (readonly [reader: string, mode: Mode])[] = [
  ['the embedding model', 'hybrid'],
  ['the reranker', 'keyword'],
];

interface Door {
  readonly name: string;
  readonly path: string;
  readonly via: 'api' | 'mcp';
  readonly headers: Readonly<Record<string, string>>;
  body(search: object): object;
}

const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const modernHeaders = {
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': 'memory_search',
};
const toolCall = (params: object) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
const classic = (search: object) => toolCall({ name: 'memory_search', arguments: search });
const modern = (search: object) => toolCall({ name: 'memory_search', arguments: search, _meta: envelope });
const both = 'application/json, text/event-stream';

const doors: readonly Door[] = [
  { name: '/api', path: '/api/memory_search', via: 'api', headers: {}, body: (search) => search },
  { name: '/mcp, classic', path: '/mcp', via: 'mcp', headers: { accept: both }, body: classic },
  {
    name: '/mcp, classic, for a client that reads JSON alone',
    path: '/mcp',
    via: 'mcp',
    headers: { accept: 'application/json' },
    body: classic,
  },
  { name: '/mcp, modern', path: '/mcp', via: 'mcp', headers: { ...modernHeaders, accept: both }, body: modern },
  {
    name: '/mcp, modern, for a client that reads JSON alone',
    path: '/mcp',
    via: 'mcp',
    headers: { ...modernHeaders, accept: 'application/json' },
    body: modern,
  },
];

const memories = ['苺のアレルギーがある', '苺の季節は春', '桃と苺を買った'];

/** Sends a request whose connection can be closed before its reply. */
function ask(port: number, { path, headers }: Door, body: object): { answered(): boolean; leave(): void } {
  let answered = false;
  const sent = startRequest(
    { host: '127.0.0.1', port, path, method: 'POST', headers: { ...headers, 'content-type': 'application/json' } },
    (incoming) => {
      // An event stream begins before there is an answer.
      incoming.on('data', () => {
        answered = true;
      });
      incoming.on('error', () => {});
    },
  );
  sent.on('error', () => {});
  sent.end(JSON.stringify(body));
  return { answered: () => answered, leave: () => sent.destroy() };
}

async function countCancelled(server: HttpTestServer, via: string): Promise<number> {
  const { text } = await server.request('/metrics');
  const name = `memory_mcp_operation_duration_seconds_count{operation="memory_search",via="${via}",outcome="busy"}`;
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.slice(name.length) ?? 0,
  );
}

async function untilReady(server: HttpTestServer): Promise<void> {
  await until(
    async () => (await server.api('memory_search', { query: '苺' })).degraded_reason === undefined,
    'both models answer',
  );
}

describe.each(doors)('a search over $name whose connection is closed', (door) => {
  it.each(readers)('is taken back from %s', async (_, mode) => {
    const gate = join(folderOfTest(), 'hold');
    const steps = notedSteps();
    const env = { ...tinyModels(), NODE_OPTIONS: `${heldWhile(gate).NODE_OPTIONS} ${steps.env.NODE_OPTIONS}` };
    const server = await spawnHttpServer({ env: { ...env, MEMORY_MCP_INFERENCE: 'own', MEMORY_MCP_TOOLS: 'full' } });
    for (const content of memories) await server.api('memory_create', { content });
    await untilReady(server);

    let conclusive = false;
    for (let attempt = 1; !conclusive && attempt <= 3; attempt++) {
      const cancelled = await countCancelled(server, door.via);
      const taken = steps.count();
      writeFileSync(gate, '');
      const waiting = ask(server.port, door, door.body({ query: `苺 ${attempt}`, mode }));
      await until(() => steps.count() > taken, 'the model stands still over the first search');
      const abandoned = ask(server.port, door, door.body({ query: `桃と苺 ${attempt}`, mode }));
      // Answered after the search above was received.
      await server.api('memory_list');
      abandoned.leave();
      await until(
        async () => waiting.answered() || (await countCancelled(server, door.via)) > cancelled,
        'one of the two ends',
      );
      // A search gives a model up after a while. On a slow machine both may have come that far.
      conclusive = !waiting.answered();
      rmSync(gate);
      await until(waiting.answered, 'the search whose caller stayed is answered');
    }
    expect(conclusive).toBe(true);
  });
});

describe('a search over stdio that is cancelled', () => {
  it('is taken back from the embedding model', async () => {
    const gate = join(folderOfTest(), 'hold');
    const steps = notedSteps();
    const env = { ...tinyModels(), NODE_OPTIONS: `${heldWhile(gate).NODE_OPTIONS} ${steps.env.NODE_OPTIONS}` };
    const server = startRawServer({ env: { ...env, MEMORY_MCP_INFERENCE: 'own' } });
    await server.initialize();
    for (const content of memories) await server.callTool('memory_create', { content });
    const search = (query: string) => ({ name: 'memory_search', arguments: { query } });
    await until(
      async () => !JSON.stringify(await server.request('tools/call', search('苺'))).includes('degraded'),
      'both models answer',
    );

    writeFileSync(gate, '');
    const taken = steps.count();
    const waiting = server.ask('tools/call', search('苺を買う'));
    await until(() => steps.count() > taken, 'the model stands still over the first search');
    const abandoned = server.ask('tools/call', search('桃と苺'));
    // Answered after that search has asked the model.
    await server.callTool('memory_list');
    server.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: abandoned.id } });
    await server.callTool('memory_list');
    rmSync(gate);
    await waiting.answer;
    await server.request('tools/call', search('苺の季節'));
    // The requests to the process are numbered. Those of the abandoned search were never begun.
    const begun = new Set(steps.ids().slice(taken));
    const numbers = [...begun].toSorted((one, other) => one - other);
    expect(numbers.length).toBeGreaterThan(1);
    expect(numbers.some((id, index) => index > 0 && id - (numbers[index - 1] ?? 0) > 1)).toBe(true);
  });
});
