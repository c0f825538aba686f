/**
 * The built server over HTTP, on a free port, for tests that go in by the front door. Requests are sent by Node's own
 * client, so that a test can say any Host, method or header, and read a reply whatever its status.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Agent, type IncomingHttpHeaders, request as startRequest } from 'node:http';
import { onTestFinished } from 'vitest';
import { binary, makeSurroundings, repositoryRoot } from './surroundings.ts';

export interface HttpServerOptions {
  readonly dataDir?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Becomes MEMORY_MCP_AUTH_TOKENS. */
  readonly tokens?: readonly object[];
  /** `caller` for hooks, where no test is running yet: then `dispose` is the caller's. */
  readonly owner?: 'test' | 'caller';
}

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; of an event stream the last message. */
  json(): Readonly<Record<string, unknown>>;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Anything but text is sent as JSON, with its content type unless the headers say otherwise. */
  readonly body?: unknown;
  readonly agent?: Agent;
}

export interface HttpTestServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
  readonly child: ChildProcess;
  request(path: string, options?: RequestOptions): Promise<HttpReply>;
  /** POSTs to `/api/<operation>` and answers with the result; anything but 200 rejects. */
  api(operation: string, input?: object, headers?: Readonly<Record<string, string>>): Promise<Record<string, unknown>>;
  stderr(): string;
  /** Sends a signal and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<{ code: number | null; milliseconds: number }>;
  dispose(): Promise<void>;
}

export async function spawnHttpServer(options: HttpServerOptions = {}): Promise<HttpTestServer> {
  const externalEnvironment = makeSurroundings({
    dataDir: options.dataDir,
    env: {
      ...(options.tokens !== undefined && { MEMORY_MCP_AUTH_TOKENS: JSON.stringify(options.tokens) }),
      ...options.env,
    },
  });
  const args = [binary, 'serve', '--http', '--port', '0', ...(options.args ?? [])];
  const child = spawn(process.execPath, args, {
    cwd: repositoryRoot,
    env: externalEnvironment.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const exited = once(child, 'exit');
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr?.on('data', () => {
      const found = /listening on http:\/\/\S+:(\d+)\/mcp/.exec(errors)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    void exited.then(([code]) => reject(new Error(`serve --http ended with ${code}: ${errors}`)));
  });

  async function kill(signal: NodeJS.Signals = 'SIGTERM') {
    const started = performance.now();
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await exited;
    return { code: child.exitCode, milliseconds: performance.now() - started };
  }
  async function dispose() {
    await kill('SIGKILL');
    externalEnvironment.remove();
  }
  if (options.owner !== 'caller') onTestFinished(dispose);

  const request = (path: string, asked: RequestOptions = {}) => sendRequest(port, path, asked);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    dataDir: externalEnvironment.dataDir,
    child,
    request,
    async api(operation, input = {}, headers = {}) {
      const reply = await request(`/api/${operation}`, { method: 'POST', body: input, headers });
      const { result } = reply.json();
      if (reply.status !== 200 || typeof result !== 'object') throw new Error(`${reply.status}: ${reply.text}`);
      return { ...result };
    },
    stderr: () => errors,
    kill,
    dispose,
  };
}

export function sendRequest(port: number, path: string, options: RequestOptions = {}): Promise<HttpReply> {
  const { method = 'GET', headers = {}, body, agent } = options;
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
  const type = body !== undefined && typeof body !== 'string' ? { 'content-type': 'application/json' } : {};
  return new Promise((resolve, reject) => {
    const sent = startRequest(
      { host: '127.0.0.1', port, path, method, agent, headers: { ...type, ...headers } },
      async (incoming) => {
        try {
          incoming.setEncoding('utf8');
          let received = '';
          for await (const chunk of incoming) received += chunk;
          const { statusCode: status = 0, headers: replied } = incoming;
          resolve({ status, headers: replied, text: received, json: () => parse(received) });
        } catch (error) {
          reject(error);
        }
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });
}

function parse(text: string): Record<string, unknown> {
  const data =
    text.startsWith('event:') || text.startsWith('data:')
      ? text
          .split('\n')
          .findLast((line) => line.startsWith('data:'))
          ?.slice(5)
      : text;
  const value: unknown = JSON.parse(data ?? '');
  if (typeof value !== 'object' || value === null) throw new Error(`no JSON object: ${text.slice(0, 200)}`);
  return { ...value };
}
