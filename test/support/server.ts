/**
 * A built server over stdio with a real client, for tests that go in by the front door. It lives as long as the test
 * that spawned it; a test that kills it can spawn another one on the same `dataDir`.
 */
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { type Connection, connect, type Era } from './clients.ts';
import {
  type ListReply,
  listReply,
  type ReadReply,
  type Receipt,
  readReply,
  receiptReply,
  type SearchReply,
  searchReply,
} from './replies.ts';
import { makeSurroundings, binary as repositoryBinary, repositoryRoot } from './surroundings.ts';

export interface ServerOptions {
  /** The folder of an earlier server; a new one for this test where absent. */
  readonly dataDir?: string;
  /** After `serve --stdio`. */
  readonly args?: readonly string[];
  /** Over the isolated environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly era?: Era;
  /** The launcher of another installation than this repository's. */
  readonly binary?: string;
  /** `caller` for hooks, where no test is running yet: then `dispose` is the caller's. */
  readonly owner?: 'test' | 'caller';
}

export interface Reply {
  readonly isError: boolean;
  readonly text: string;
  readonly structured: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, unknown>>;

export interface TestServer extends Connection {
  readonly dataDir: string;
  /** Calls a tool; a protocol error rejects, an error of the tool is a reply. */
  call(name: string, args?: Fields): Promise<Reply>;
  create(content: string, fields?: Fields): Promise<Receipt>;
  search(query: string, options?: Fields): Promise<SearchReply>;
  read(...keys: string[]): Promise<ReadReply>;
  list(options?: Fields): Promise<ListReply>;
  /** Every memory, page by page. */
  listAll(options?: Fields): Promise<ListReply['memories']>;
  /** Sends a signal and waits until the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Ends the connection and the process; the data stay. */
  close(): Promise<void>;
  /** Closes, and removes the folder that was made for it. */
  dispose(): Promise<void>;
}

export async function spawnServer(options: ServerOptions = {}): Promise<TestServer> {
  const { era = 'modern', args = [], owner = 'test' } = options;
  const externalEnvironment = makeSurroundings(options);
  const { binary = repositoryBinary } = options;
  const command = { command: process.execPath, args: [binary, 'serve', '--stdio', ...args], cwd: repositoryRoot };
  const connection = await connect(era, { ...command, env: externalEnvironment.env });

  const call = async (name: string, args: Fields = {}): Promise<Reply> => {
    return replyOf(await connection.client.callTool({ name, arguments: args }));
  };
  const succeed = async (name: string, args: Fields): Promise<Fields> => {
    const reply = await call(name, args);
    if (reply.isError) throw new Error(`${name} failed: ${reply.text}`);
    return reply.structured;
  };
  const list = async (options: Fields = {}) => listReply.parse(await succeed('memory_list', options));
  const close = () => connection.client.close();
  const dispose = async () => {
    await close();
    externalEnvironment.remove();
  };
  if (owner === 'test') onTestFinished(dispose);

  return {
    ...connection,
    dataDir: externalEnvironment.dataDir,
    call,
    create: async (content, fields = {}) => receiptReply.parse(await succeed('memory_create', { content, ...fields })),
    search: async (query, options = {}) => searchReply.parse(await succeed('memory_search', { query, ...options })),
    read: async (...keys) => readReply.parse(await succeed('memory_read', { keys })),
    list,
    listAll: async (options = {}) => {
      const memories: ListReply['memories'] = [];
      for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
        const page = await list({ limit: 100, ...options, ...(cursor !== undefined && { cursor }) });
        memories.push(...page.memories);
        cursor = page.next_cursor;
      }
      return memories;
    },
    kill: async (signal = 'SIGKILL') => {
      process.kill(connection.pid, signal);
      await connection.gone;
    },
    close,
    dispose,
  };
}

const toolResult = z.looseObject({
  content: z.array(z.looseObject({ type: z.string(), text: z.string().default('') })),
  structuredContent: z.record(z.string(), z.unknown()).default({}),
  isError: z.boolean().default(false),
});

/** A result comes in two forms that have to say the same: every test checks it here. */
function replyOf(result: unknown): Reply {
  const { content, structuredContent: structured, isError } = toolResult.parse(result);
  const text = content.map((block) => block.text).join('\n');
  if (!isError && JSON.stringify(structured) !== text) {
    throw new Error(`The text is not the JSON of the structured content: ${text.slice(0, 200)}`);
  }
  return { isError, text, structured };
}
