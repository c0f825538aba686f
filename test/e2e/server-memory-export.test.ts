/** `export --format server-memory`, and what the program that it is for makes of it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { draft, testFolder } from '../support/stores.ts';
import { importReport, run, succeed, withStore } from '../support/transfer.ts';

/** Its dist/index.js, for example after "npm install @modelcontextprotocol/server-memory" in another folder. */
const program = process.env.MEMORY_MCP_TEST_SERVER_MEMORY ?? '';
const because = existsSync(program) ? '' : ' (skipped: MEMORY_MCP_TEST_SERVER_MEMORY names no server-memory)';

const graph = [
  {
    type: 'entity',
    name: 'Mika',
    entityType: 'person',
    observations: ['likes tea', '京都に住んでいる', 'says: "hello"'],
  },
  { type: 'entity', name: 'Kyoto', entityType: 'city', observations: [] },
  { type: 'relation', from: 'Mika', to: 'Kyoto', relationType: 'lives in' },
];

/** A data folder with an imported graph and two memories of its own, and the export of it. */
async function exported() {
  const data = testFolder();
  const file = join(testFolder(), 'memory.jsonl');
  writeFileSync(file, graph.map((record) => JSON.stringify(record)).join('\n'));
  await importReport(data, file);
  await withStore(data, async (store) => {
    await store.memories.create(draft('苺のアレルギーがある', { tags: ['food', 'allergy'] }));
    await store.memories.create(draft('no tags\nand two lines'));
  });
  const out = join(testFolder(), 'memory.jsonl');
  await succeed(data, 'export', '--format', 'server-memory', '--out', out);
  return { data, out };
}

const own = [
  { name: 'memory_20261124093000', entityType: 'food, allergy', observations: ['苺のアレルギーがある'] },
  { name: 'memory_20261124093000_01', entityType: 'memory', observations: ['no tags\nand two lines'] },
];

describe('an export as the file of server-memory', () => {
  it('is the graph that was imported, with the other memories as entities', async () => {
    const { data, out } = await exported();
    const records = readFileSync(out, 'utf8').trimEnd().split('\n');
    expect(records.map((record) => JSON.parse(record))).toEqual([
      ...graph.slice(0, 2),
      ...own.map((entity) => ({ type: 'entity', ...entity })),
      graph[2],
    ]);
    expect(await importReport(data, out)).toMatchObject({ format: 'server-memory', duplicate: 5, new: 2 });
  });

  it('leaves no deleted memory out unnoticed: --deleted is refused', async () => {
    expect(await run(testFolder(), 'export', '--format', 'server-memory', '--deleted')).toMatchObject({
      code: 2,
      err: expect.stringContaining('cannot mark memories as deleted'),
    });
  });

  it.skipIf(because !== '')(`is read by server-memory itself${because}`, async () => {
    const { out } = await exported();
    const client = new Client({ name: 'test', version: '1' });
    onTestFinished(() => client.close());
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [program], env: { MEMORY_FILE_PATH: out } }),
    );
    const { structuredContent } = await client.callTool({ name: 'read_graph', arguments: {} });
    expect(structuredContent).toEqual({
      entities: [
        ...graph.slice(0, 2).map(({ name, entityType, observations }) => ({ name, entityType, observations })),
        ...own,
      ],
      relations: [{ from: 'Mika', to: 'Kyoto', relationType: 'lives in' }],
    });
    const found = await client.callTool({ name: 'search_nodes', arguments: { query: '苺' } });
    expect(found.structuredContent).toMatchObject({ entities: [{ name: 'memory_20261124093000' }] });
  });
});
