/** What tools tell clients about their effects. Clients decide by it what they run without asking their user. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, it } from 'vitest';
import { spawnHttpServer } from '../support/http-server.ts';
import { spawnServer } from '../support/server.ts';

/** Written by hand, not derived: reads only, destroys, may be repeated. */
const expected: Readonly<Record<string, readonly [boolean, boolean, boolean]>> = {
  get_context: [true, false, true],
  index_rebuild: [false, false, true],
  memory_create: [false, false, false],
  memory_delete: [false, true, true],
  memory_list: [true, false, true],
  memory_pin: [false, false, true],
  memory_read: [true, false, true],
  memory_restore: [false, false, false],
  memory_search: [true, false, true],
  memory_stats: [true, false, true],
  memory_update: [false, true, false],
  migrate_qdrant_to_sqlite_tool: [false, false, true],
  migrate_sqlite_to_qdrant_tool: [false, false, true],
  recall_explain: [true, false, true],
  update_context: [false, false, true],
};

interface ToolList {
  readonly tools: readonly {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, unknown>> | undefined;
  }[];
}

function annotationsOf({ tools }: ToolList) {
  return Object.fromEntries(
    tools.map(({ name, annotations }) => {
      expect(annotations?.openWorldHint).toBe(false);
      return [name, [annotations?.readOnlyHint, annotations?.destructiveHint, annotations?.idempotentHint]];
    }),
  );
}

describe('every tool says whether it reads, destroys and may be repeated', () => {
  it('over stdio', async () => {
    const server = await spawnServer({ env: { MEMORY_MCP_TOOLS: 'full' } });
    expect(annotationsOf(await server.client.listTools())).toEqual(expected);
  });

  it('over HTTP', async () => {
    const server = await spawnHttpServer({ env: { MEMORY_MCP_TOOLS: 'full' } });
    const client = new Client({ name: 'memory-mcp-tests', version: '1.0.0' });
    await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`)));
    expect(annotationsOf(await client.listTools())).toEqual(expected);
    await client.close();
  });
});
