/**
 * Talks to the built program over stdio, with the Node that runs this file: handshake, a memory, a search by meaning, and
 * the end. Plain JavaScript without dependencies, because it runs under emulators. Ends with 1 if something is wrong.
 *
 * `node scripts/smoke/stdio-client.mjs MODEL` with the absolute path of a model's folder. The data folder is MEMORY_MCP_DATA_DIR.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const [model = 'none'] = process.argv.slice(2);
const program = fileURLToPath(new URL('../../bin/memory-mcp.js', import.meta.url));
const patience = 300_000;
const started = Date.now();

/** @param {string} text */
function report(text) {
  process.stdout.write(`${((Date.now() - started) / 1_000).toFixed(1)} s  ${text}\n`);
}

const server = spawn(process.execPath, [program, 'serve', '--stdio'], {
  env: { ...process.env, MEMORY_MCP_EMBEDDINGS_MODEL: model, MEMORY_MCP_RERANKER_MODEL: 'none' },
  stdio: ['pipe', 'pipe', 'pipe'],
});
let errors = '';
server.stderr.on('data', (chunk) => {
  errors += chunk;
});

const waiting = new Map();
createInterface({ input: server.stdout }).on('line', (line) => {
  const message = JSON.parse(line);
  waiting.get(message.id)?.(message);
});

let id = 0;
function ask(method, params) {
  id += 1;
  server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
  return new Promise((resolve) => waiting.set(id, resolve));
}

async function call(name, args) {
  const { result, error } = await ask('tools/call', { name, arguments: args });
  if (error !== undefined || result.isError) throw new Error(`${name}: ${JSON.stringify(error ?? result)}`);
  return result.structuredContent;
}

async function check() {
  report(`Node ${process.version} on ${process.platform} ${process.arch}`);
  const clientInfo = { name: 'smoke', version: '1.0.0' };
  const { result } = await ask('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo });
  report(`handshake with ${result.serverInfo.name} ${result.serverInfo.version}`);
  server.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');

  const { stored, key } = await call('memory_create', { content: 'The cat sleeps on the warm roof' });
  if (!stored) throw new Error('the memory was not stored');
  report(`stored ${key}`);
  for (let mode = ''; ; await delay(1_000)) {
    const query = model === 'none' ? 'cat' : 'a feline is resting';
    const reply = await call('memory_search', { query });
    if (reply.mode !== mode)
      report(`search: ${reply.mode}, ${reply.results.length} found. ${reply.degraded_reason ?? ''}`);
    mode = reply.mode;
    const found = reply.results.some((memory) => memory.key === key);
    if (found && (model === 'none' || mode === 'hybrid')) break;
    if (Date.now() - started > patience) throw new Error(`no search by meaning in ${patience / 1_000} s`);
  }

  server.stdin.end();
  const code = await new Promise((resolve) => server.once('exit', resolve));
  if (code !== 0) throw new Error(`the server ended with ${code}`);
  report('the server ended with 0 when its input was closed');
}

try {
  await check();
} catch (error) {
  report(`FAILED: ${error}\n${errors}`);
  server.kill('SIGKILL');
  process.exitCode = 1;
}
