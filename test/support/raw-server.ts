/**
 * A built server spoken to line by line, for tests of the pipe itself: what happens at the end of input, on lines that
 * are no messages, under signals, and what reaches standard output. Every line of output has to be JSON-RPC.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { binary, makeSurroundings, repositoryRoot } from './surroundings.ts';

export interface RawServerOptions {
  readonly dataDir?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of Node itself, such as `--trace-warnings`. */
  readonly nodeArgs?: readonly string[];
}

export interface Message {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string };
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Milliseconds since the process was started, by the clock that never runs backwards. */
  readonly at: number;
}

export interface RawServer {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly dataDir: string;
  /** Every line that came out, as it came. */
  readonly lines: readonly string[];
  stderr(): string;
  /** Writes a line as it is, or a message as JSON. */
  send(line: string | object): void;
  /** Sends a request and waits for the answer with its id. */
  request(method: string, params?: object): Promise<Message>;
  /** Sends a request and does not wait. */
  ask(method: string, params?: object): { id: number; answer: Promise<Message> };
  /** The classic handshake. */
  initialize(protocolVersion?: string): Promise<Message>;
  callTool(name: string, args?: object): Promise<Message>;
  /** Closes standard input. */
  end(): void;
  kill(signal: NodeJS.Signals): void;
  readonly exit: Promise<Exit>;
}

export function startRawServer(options: RawServerOptions = {}): RawServer {
  const externalEnvironment = makeSurroundings(options);
  const { args = [], nodeArgs = [] } = options;
  const child = spawn(process.execPath, [...nodeArgs, binary, 'serve', '--stdio', ...args], {
    cwd: repositoryRoot,
    env: externalEnvironment.env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const started = performance.now();
  const exit = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, at: performance.now() - started }));
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
    externalEnvironment.remove();
  });

  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  // A server that is gone breaks the pipe; its exit says why.
  child.stdin.on('error', () => {});

  const lines: string[] = [];
  const waiting = new Map<unknown, (message: Message) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    const message = messageOf(line);
    waiting.get(message?.id)?.(message ?? {});
    waiting.delete(message?.id);
  });

  const send = (line: string | object) => {
    child.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  };
  let lastId = 0;
  const ask = (method: string, params: object = {}) => {
    lastId += 1;
    const id = lastId;
    const answer = new Promise<Message>((resolve, reject) => {
      waiting.set(id, resolve);
      void exit.then(({ code, signal }) =>
        reject(new Error(`The server ended (${code ?? signal}) before it answered ${method}: ${errors}`)),
      );
    });
    // Whoever does not wait for an answer does not care how it is missing.
    answer.catch(() => {});
    send({ jsonrpc: '2.0', id, method, params });
    return { id, answer };
  };
  const request = (method: string, params?: object) => ask(method, params).answer;

  return {
    child,
    pid: child.pid ?? 0,
    dataDir: externalEnvironment.dataDir,
    lines,
    stderr: () => errors,
    send,
    ask,
    request,
    initialize: async (protocolVersion = '2025-11-25') => {
      const clientInfo = { name: 'raw-client', version: '1.0.0' };
      const answer = await request('initialize', { protocolVersion, capabilities: {}, clientInfo });
      send({ jsonrpc: '2.0', method: 'notifications/initialized' });
      return answer;
    },
    callTool: (name, args = {}) => request('tools/call', { name, arguments: args }),
    end: () => child.stdin.end(),
    kill: (signal) => void child.kill(signal),
    exit,
  };
}

/** The message on a line of output, or `undefined` for anything that is not JSON-RPC. */
export function messageOf(line: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'jsonrpc' in value && value.jsonrpc === '2.0'
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}
