/**
 * The memory servers of the benchmarks: memory-mcp and others from npm with pinned versions. One entry says how to
 * start a server with its data in a given folder, and what creating and searching are called there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Note } from './notes.ts';
import type { Reply, StartedServer } from './stdio-client.ts';

export interface ToolCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export interface Contestant {
  readonly title: string;
  /** The npm package; absent for the program of this repository. */
  readonly peer?: { readonly name: string; readonly version: string };
  readonly args?: readonly string[];
  /** Variables that put the data into `folder`; the home folder lies there anyway. */
  readonly environment?: (folder: string) => Record<string, string>;
  readonly create: (note: Note) => ToolCall;
  /** Stores many at once, for loading; `most` is how many the server takes. */
  readonly createMany?: { readonly most: number; readonly call: (notes: readonly Note[]) => ToolCall };
  readonly search: (query: string) => ToolCall;
  /** What a search shows of a note that it has found, where that is not its text. */
  readonly shows?: (note: Note) => string;
  /** The arguments and the file of a command that stores many at once. */
  readonly importNotes?: (notes: readonly Note[]) => { readonly args: readonly string[]; readonly text: string };
  /** It only works in a git repository. */
  readonly needsRepository?: boolean;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
export const program = `${root}bin/memory-mcp.js`;
export const benchFolder = `${root}.cache/bench`;
export const peersFolder = `${root}.cache/peers`;

export const memoryMcp: Contestant = {
  title: `memory-mcp ${JSON.parse(readFileSync(`${root}package.json`, 'utf8')).version}`,
  args: ['serve', '--stdio'],
  // A benchmark downloads nothing.
  environment: (folder) => ({ MEMORY_MCP_DATA_DIR: `${folder}/data`, MEMORY_MCP_MODEL_DOWNLOAD: 'never' }),
  create: ({ content, tags }) => ({ name: 'memory_create', arguments: { content, tags } }),
  search: (query) => ({ name: 'memory_search', arguments: { query, limit: 10 } }),
  importNotes: (notes) => ({
    args: ['import', '--format', 'json-lines'],
    text: notes.map(({ content, tags }) => `${JSON.stringify({ content, tags })}\n`).join(''),
  }),
};

const titleOf = (uniqueWord: string) => `Note about ${uniqueWord}`;

const entity = ({ content, uniqueWord }: Note) => ({
  name: uniqueWord,
  entityType: 'note',
  observations: [content],
});
const createEntities = (notes: readonly Note[]): ToolCall => ({
  name: 'create_entities',
  arguments: { entities: notes.map(entity) },
});
const entityServer = { create: (note: Note) => createEntities([note]) };

export const serverMemory: Contestant = {
  ...entityServer,
  title: 'server-memory',
  peer: { name: '@modelcontextprotocol/server-memory', version: '2026.8.31' },
  environment: (folder) => ({ MEMORY_FILE_PATH: `${folder}/memory.jsonl` }),
  createMany: { most: 500, call: createEntities },
  search: (query) => ({ name: 'search_nodes', arguments: { query } }),
};

/** Every peer, the one to be compared with first. */
export const peers: readonly Contestant[] = [
  serverMemory,
  {
    ...entityServer,
    title: 'mcp-memory-libsql',
    peer: { name: 'mcp-memory-libsql', version: '0.0.17' },
    environment: (folder) => ({ LIBSQL_URL: `file:${folder}/memory.db` }),
    createMany: { most: 50, call: createEntities },
    search: (query) => ({ name: 'search_nodes', arguments: { query, limit: 10 } }),
  },
  {
    ...entityServer,
    title: 'mcp-knowledge-graph',
    peer: { name: '@itseasy21/mcp-knowledge-graph', version: '1.0.7' },
    environment: (folder) => ({ MEMORY_FILE_PATH: `${folder}/memory.jsonl` }),
    createMany: { most: 500, call: createEntities },
    search: (query) => ({ name: 'search_nodes', arguments: { query } }),
  },
  {
    title: 'ai-devkit memory',
    peer: { name: '@ai-devkit/memory', version: '0.20.1' },
    create: ({ content, uniqueWord, tags }) => ({
      name: 'memory_storeKnowledge',
      arguments: { title: titleOf(uniqueWord), content, tags },
    }),
    search: (query) => ({ name: 'memory_searchKnowledge', arguments: { query, limit: 10 } }),
  },
  {
    title: 'mcp-memory-keeper',
    peer: { name: 'mcp-memory-keeper', version: '0.14.1' },
    environment: (folder) => ({ DATA_DIR: folder }),
    create: ({ content, uniqueWord }) => ({
      name: 'context_save',
      arguments: { key: uniqueWord, value: content, category: 'note' },
    }),
    search: (query) => ({ name: 'context_search', arguments: { query, limit: 10 } }),
  },
  {
    title: 'memorix',
    peer: { name: 'memorix', version: '1.0.7' },
    args: ['serve'],
    needsRepository: true,
    environment: (folder) => ({ MEMORIX_DATA_DIR: `${folder}/data` }),
    create: ({ content, uniqueWord }) => ({
      name: 'memorix_store',
      arguments: { entityName: uniqueWord, type: 'discovery', title: titleOf(uniqueWord), narrative: content },
    }),
    search: (query) => ({ name: 'memorix_search', arguments: { query, limit: 10 } }),
    // A search shows titles; a second call has the texts.
    shows: ({ uniqueWord }) => titleOf(uniqueWord),
  },
];

/** The variables that a server is started with: none of the user's own, so that nothing of theirs is read or written. */
export function environmentOf(
  contestant: Pick<Contestant, 'environment'>,
  folder: string,
  home = folder,
): Record<string, string> {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'TMPDIR'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    USERPROFILE: home,
    APPDATA: home,
    LOCALAPPDATA: home,
    ...contestant.environment?.(folder),
  };
}

/** Calls a tool and makes sure that it worked: some servers report a failure as if it were a success. */
export async function callTool(server: StartedServer, call: ToolCall): Promise<Reply> {
  const reply = await server.request('tools/call', call);
  const text = textOf(reply);
  if (reply.result.isError === true || /^\W*(failed|error)/i.test(text)) {
    throw new Error(`${call.name} failed: ${text.slice(0, 300)}`);
  }
  return reply;
}

/** The text of a tool's reply: what a model gets to read. */
export function textOf({ result }: Reply): string {
  const { content } = result;
  if (!Array.isArray(content)) return '';
  return content.map((block) => (typeof block?.text === 'string' ? block.text : '')).join('\n');
}

export function assertBuilt(): void {
  if (!existsSync(`${root}dist/cli.cjs`)) throw new Error('memory-mcp is not built yet: run "npm run build" first');
}
