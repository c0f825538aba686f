/**
 * Stores a memory and finds it again with the official TypeScript client (`npm install @modelcontextprotocol/client`).
 * The arguments are the command that starts the server, by default `memory-mcp serve --stdio`:
 *
 *   npx tsx examples/typescript-client.ts node bin/memory-mcp.js serve --stdio
 */
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

const [command = 'memory-mcp', ...args] = process.argv.slice(2);
const environment = Object.entries(process.env).flatMap(([name, value]) =>
  value === undefined ? [] : [[name, value]],
);
const transport = new StdioClientTransport({
  command,
  args: args.length > 0 ? args : ['serve', '--stdio'],
  env: Object.fromEntries(environment),
});
const client = new Client({ name: 'typescript-example', version: '1.0.0' });
await client.connect(transport);

const stored = await client.callTool({
  name: 'memory_create',
  arguments: { content: 'Hana is allergic to strawberries.', tags: ['family'] },
});
console.log('stored:', stored.structuredContent);

const found = await client.callTool({ name: 'memory_search', arguments: { query: 'What is Hana allergic to?' } });
console.log('found:', found.structuredContent);

await client.close();
