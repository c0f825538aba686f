/**
 * Requests per second and latencies of a server over HTTP: searching and creating, over MCP as a modern client speaks
 * it and over the API, with 1, 10 and 50 clients that each wait for their answer before they ask again. Client and
 * server share the machine, so the numbers say what one box gives, not what the server alone could do.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { assertBuilt, benchFolder, program } from './contestants.ts';
import { commonWords, noteOf } from './notes.ts';
import { readOptions } from './options.ts';
import { circumstances, percentile, shown, table } from './report.ts';

type Route = 'mcp' | 'api';
type Call = { readonly operation: string; readonly input: object };

export async function run(args: string[]): Promise<void> {
  const values = readOptions(args, {
    size: { type: 'string', value: 'N', default: '1000', help: 'how many memories' },
    requests: { type: 'string', value: 'N', default: '500', help: 'of each kind' },
    clients: { type: 'string', value: 'N,N', default: '1,10,50', help: 'how many ask at once' },
  });
  assertBuilt();
  mkdirSync(benchFolder, { recursive: true });
  const folder = mkdtempSync(join(benchFolder, 'http-'));
  const server = await startServer(join(folder, 'data'));
  const size = Number(values.size);
  const requests = Number(values.requests);
  let next = 0;
  const create = (): Call => {
    const { content, tags } = noteOf(next++);
    return { operation: 'memory_create', input: { content, tags } };
  };
  const search = (): Call => {
    const number = next++;
    const query =
      number % 2 === 0 ? noteOf(number % size).uniqueWord : (commonWords[number % commonWords.length] ?? '');
    return { operation: 'memory_search', input: { query, limit: 10 } };
  };

  const rows: string[][] = [];
  try {
    await measure({ port: server.port, route: 'api', clients: 10, requests: size, call: create });
    for (const [name, call] of [
      ['search', search],
      ['create', create],
    ] as const) {
      for (const route of ['mcp', 'api'] as const) {
        for (const clients of values.clients.split(',').map(Number)) {
          const { seconds, times } = await measure({ port: server.port, route, clients, requests, call });
          const percentiles = [0.5, 0.95, 0.99].map((share) => shown(percentile(times, share), 1));
          rows.push([name, route, String(clients), shown(times.length / seconds), ...percentiles]);
        }
      }
    }
  } finally {
    server.child.kill();
    await once(server.child, 'exit');
  }
  console.log(
    `Over HTTP on loopback, words alone (no model), one persona, ${size} memories at the start, ${requests} requests a row.\n`,
  );
  console.log(table(['what', 'route', 'clients', 'requests/s', 'p50 ms', 'p95 ms', 'p99 ms'], rows));
  console.log(`\n${circumstances({ command: ['npm run bench -- http', ...args].join(' '), folder })}`);
  rmSync(folder, { recursive: true, force: true });
}

async function startServer(data: string): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [program, 'serve', '--http', '--port', '0'], {
    env: {
      PATH: process.env.PATH,
      HOME: data,
      MEMORY_MCP_DATA_DIR: data,
      MEMORY_MCP_EMBEDDINGS_MODEL: 'none',
      MEMORY_MCP_RERANKER_MODEL: 'none',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = /listening on http:\S+:(\d+)\/mcp/.exec(said)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    child.once('exit', () => reject(new Error(`the server ended: ${said}`)));
  });
  return { child, port };
}

interface Measure {
  readonly port: number;
  readonly route: Route;
  readonly clients: number;
  readonly requests: number;
  readonly call: () => Call;
}

async function measure({
  port,
  route,
  clients,
  requests,
  call,
}: Measure): Promise<{ seconds: number; times: number[] }> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const times: number[] = [];
  let left = requests;
  // Connections are opened beforehand: clients keep theirs.
  await Promise.all(
    Array.from({ length: clients }, () => send(port, agent, route, { operation: 'memory_list', input: {} })),
  );
  const began = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (left-- > 0) {
        const asked = performance.now();
        await send(port, agent, route, call());
        times.push(performance.now() - asked);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  agent.destroy();
  return { seconds, times };
}

/** Sends one call and checks that it succeeded, so that nobody times failures. */
function send(port: number, agent: Agent, route: Route, { operation, input }: Call): Promise<void> {
  const { path, headers, body } =
    route === 'api' ? { path: `/api/${operation}`, headers: {}, body: input } : mcpCall(operation, input);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        agent,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
      },
      async (incoming) => {
        let text = '';
        for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
        if (incoming.statusCode === 200 && !text.includes('"isError":true')) resolve();
        else reject(new Error(`${operation} over ${route}: ${incoming.statusCode} ${text.slice(0, 300)}`));
      },
    );
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}

function mcpCall(name: string, input: object) {
  return {
    path: '/mcp',
    headers: {
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': name,
    },
    body: {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name,
        arguments: input,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    },
  };
}
