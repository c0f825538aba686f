/** Drives the server with one Node client: handshake, list, create, search. Prints what each step gave, as JSON. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [which, folder, command, ...args] = process.argv.slice(2);
const stored = 'Hana is allergic to strawberries';
const done = {};
const requireThere = createRequire(join(folder, 'package.json'));
/** Names of a CommonJS module may stand under `default` only. */
const load = async (name) => {
  const loaded = await import(pathToFileURL(requireThere.resolve(name)).href);
  return { ...loaded.default, ...loaded };
};
const version = () => JSON.parse(readFileSync(join(folder, 'node_modules', which, 'package.json'), 'utf8')).version;

async function use({ names, call, close }) {
  done.handshake = 'ok';
  done.list = `${(await names()).length} tools`;
  const created = JSON.stringify(await call('memory_create', { content: stored }));
  done.create = created.includes('memory_') ? 'ok' : created.slice(0, 100);
  const found = JSON.stringify(await call('memory_search', { query: 'strawberries' }));
  done.search = found.includes(stored) ? 'ok' : found.slice(0, 100);
  await close();
}

async function useSdkClient(Client, StdioClientTransport) {
  const client = new Client({ name: 'table', version: '1' });
  await client.connect(new StdioClientTransport({ command, args, env: process.env }));
  await use({
    names: async () => (await client.listTools()).tools,
    call: (name, given) => client.callTool({ name, arguments: given }),
    close: () => client.close(),
  });
}

const clients = {
  '@modelcontextprotocol/sdk': async () => {
    const { Client } = await load('@modelcontextprotocol/sdk/client/index.js');
    const { StdioClientTransport } = await load('@modelcontextprotocol/sdk/client/stdio.js');
    await useSdkClient(Client, StdioClientTransport);
  },
  '@modelcontextprotocol/client': async () => {
    const { Client } = await load('@modelcontextprotocol/client');
    const { StdioClientTransport } = await load('@modelcontextprotocol/client/stdio');
    await useSdkClient(Client, StdioClientTransport);
  },
  '@ai-sdk/mcp': async () => {
    const { experimental_createMCPClient, createMCPClient = experimental_createMCPClient } = await load('@ai-sdk/mcp');
    const stdio = await load('@ai-sdk/mcp/mcp-stdio');
    const Transport = stdio.StdioMCPTransport ?? stdio.Experimental_StdioMCPTransport;
    const client = await createMCPClient({ transport: new Transport({ command, args, env: process.env }) });
    const tools = await client.tools();
    await use({
      names: async () => Object.keys(tools),
      call: (name, given) => tools[name].execute(given, { toolCallId: '1', messages: [] }),
      close: () => client.close(),
    });
  },
  'mcp-use': async () => {
    const { MCPClient } = await load('mcp-use/client');
    const client = new MCPClient({ mcpServers: { memory: { command, args, env: process.env } } });
    const session = await client.createSession('memory');
    await use({
      names: async () => session.connector.tools,
      call: (name, given) => session.connector.callTool(name, given),
      close: () => client.closeAllSessions(),
    });
  },
};

try {
  await clients[which]();
} catch (error) {
  done.problem = String(error).slice(0, 160);
}
console.log(`\n${JSON.stringify({ version: version(), ...done })}`);
process.exit();
