/**
 * Sends thousands of mutated calls to the built server over stdio and HTTP, its API and MCP, and looks for what must never happen: a crash,
 * a hang, a stack trace, or a path of the data folder in a reply over HTTP. Ends with 1 if one of them was seen.
 *
 * `npx tsx scripts/mutated-calls.ts [calls] [seed]`
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import * as z from 'zod';
import { operations } from '../src/operation/index.ts';

const [calls = 5_000, seed = 1] = process.argv.slice(2).map(Number);
const binary = new URL('../bin/memory-mcp.js', import.meta.url).pathname;
const answerLimit = 20_000;
/** V8 writes "    at name (file:line:column)". */
const stack = /\n\s+at .+:\d+:\d+/;

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom(
    '',
    ' ',
    '苺',
    '\ud800',
    '\0',
    '../../etc/passwd',
    'null',
    '[]',
    '{}',
    '9'.repeat(400),
    'x'.repeat(60_000),
  ),
);
const wild = fc.oneof({ weight: 3, arbitrary: text }, fc.jsonValue({ maxDepth: 4 }), fc.double(), fc.constant(null));

const key = fc.constantFrom('memory_20260101000000', 'memory_20260101000000_01', '../memory', '苺');
/** Values that an argument of this name can have; most calls are to get past the schema. */
const plausible: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  content: text,
  query: text,
  key,
  keys: fc.array(key, { minLength: 1, maxLength: 3 }),
  tags: fc.array(text, { maxLength: 3 }),
  importance: fc.double({ min: 0, max: 1, noNaN: true }),
  limit: fc.integer({ min: 1, max: 50 }),
  date_range: fc.constantFrom('today', '先月', '2026-03', 'last 7 days', '2026-01-01..2026-02-15'),
  emotion: text,
};

/** Arguments of an operation, plausible, mutated or missing, and at times others among them. */
const mutatedCall = fc.constantFrom(...operations).chain((operation) => {
  const { properties = {} } = z.toJSONSchema(operation.input, { io: 'input' });
  const known = Object.fromEntries(
    Object.keys(properties).map((name) => [
      name,
      fc.oneof(
        { weight: 30, arbitrary: plausible[name] ?? fc.constant(undefined) },
        { weight: 5, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: wild },
      ),
    ]),
  );
  const others = fc.oneof({ weight: 9, arbitrary: fc.constant({}) }, fc.dictionary(text, wild, { maxKeys: 3 }));
  const input = fc.tuple(fc.record(known), others).map(([own, other]) => ({ ...other, ...own }));
  return fc.record({ name: fc.constant(operation.name), input: fc.oneof({ weight: 9, arbitrary: input }, wild) });
});

interface Target {
  call(name: string, input: unknown): Promise<string>;
  isAlive(): Promise<boolean>;
  end(): void;
}

const dataFolder = mkdtempSync(join(tmpdir(), 'memory-mcp-mutated-'));
const environment = {
  ...process.env,
  MEMORY_MCP_DATA_DIR: join(dataFolder, 'data'),
  MEMORY_MCP_EMBEDDINGS_MODEL: 'none',
  MEMORY_MCP_RERANKER_MODEL: 'none',
};

function openStdio(): Target {
  const child = spawn(process.execPath, [binary, 'serve', '--stdio', '--tools', 'full'], {
    env: environment,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = new Map<number, (line: string) => void>();
  let last = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id } = JSON.parse(line);
    waiting.get(id)?.(line);
    waiting.delete(id);
  });
  const request = (method: string, params: unknown) =>
    new Promise<string>((resolve) => {
      const id = ++last;
      waiting.set(id, resolve);
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
  const clientInfo = { name: 'mutated-calls', version: '1' };
  const ready = request('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo });
  return {
    call: async (name, input) => {
      await ready;
      return request('tools/call', { name, arguments: input });
    },
    isAlive: async () => child.exitCode === null && (await request('ping', {})).includes('result'),
    end: () => child.kill(),
  };
}

/** One server, reached over its API and over MCP. */
async function openHttp(): Promise<{ api: Target; mcp: Target }> {
  const child: ChildProcess = spawn(process.execPath, [binary, 'serve', '--http', '--port', '0', '--tools', 'full'], {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const port = await new Promise<string>((resolve) => {
    child.stderr?.on('data', (chunk) => {
      const found = /127\.0\.0\.1:(\d+)/.exec(String(chunk))?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  const address = `http://127.0.0.1:${port}`;
  const post = async (path: string, message: unknown) => {
    const body = JSON.stringify(message) ?? 'null';
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${address}${path}`, { method: 'POST', headers, body })).text();
  };
  const isAlive = async () => child.exitCode === null && (await fetch(`${address}/health`)).ok;
  let last = 0;
  return {
    api: { call: (name, input) => post(`/api/${name}`, input), isAlive, end: () => {} },
    mcp: {
      call: (name, input) =>
        post('/mcp', { jsonrpc: '2.0', id: ++last, method: 'tools/call', params: { name, arguments: input } }),
      isAlive,
      end: () => child.kill(),
    },
  };
}

const faults: string[] = [];
const http = await openHttp();
for (const [transport, target] of [
  ['stdio', openStdio()],
  ['/api', http.api],
  ['/mcp', http.mcp],
] as const) {
  let refused = 0;
  for (const { name, input } of fc.sample(mutatedCall, { numRuns: calls, seed })) {
    const report = (fault: string) =>
      faults.push(`${transport} ${name}: ${fault}: ${JSON.stringify(input)?.slice(0, 300)}`);
    const limit = new Promise<undefined>((resolve) => setTimeout(resolve, answerLimit, undefined).unref());
    const reply = await Promise.race([target.call(name, input).catch((error: unknown) => `failed: ${error}`), limit]);
    if (reply === undefined) report('no answer');
    else if (reply.startsWith('failed:')) report(reply);
    else if (stack.test(reply) || stack.test(reply.replaceAll('\\n', '\n'))) report('a stack');
    else if (transport !== 'stdio' && reply.includes(dataFolder)) report('a path');
    else if (reply.includes('"internal"')) report('an internal error');
    if (reply?.includes('error') === true) refused += 1;
  }
  if (!(await target.isAlive())) faults.push(`${transport}: the server is gone`);
  console.log(`${transport}: ${calls} calls, ${refused} refused, the server is alive`);
  target.end();
}
rmSync(dataFolder, { recursive: true, force: true, maxRetries: 5 });
for (const fault of faults.slice(0, 20)) console.log(fault);
console.log(`${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
