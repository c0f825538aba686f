/** How long a hook takes beside `node -e 0`, the start of the process included. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import { noteOf } from './notes.ts';
import { median, percentile, shown, table } from './report.ts';

const root = join(import.meta.dirname, '..', '..');
const runs = 100;
const program = join(root, 'bin', 'memory-mcp.js');
/** Matches thousands of the notes by some word. */
const typicalPrompt = 'Please update the note about the piano lessons in Kyoto. What did the landlord say about it?';
/** A server writes its compiled code half a second after its first answer. */
const codeKeptAfter = 3_000;

/** A server has run before, as a client's does: it keeps the compiled code. */
async function keepCompiledCode(env: NodeJS.ProcessEnv): Promise<void> {
  const server = spawn(process.execPath, [program, 'serve', '--stdio'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } };
  server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
  await once(server.stdout, 'data');
  await delay(codeKeptAfter);
  server.stdin.end();
  await once(server, 'exit');
}

/** A prompt hook over 10,000 memories, in turns with `node -e 0`. */
export async function measureTime(): Promise<string> {
  const dataDir = join(root, '.cache', 'bench-hook');
  const folder = join(dataDir, 'memory', 'default');
  mkdirSync(folder, { recursive: true });
  const store = await openMemoryStore({ path: join(folder, 'memory.sqlite'), persona: 'default', busyTimeout: 1_000 });
  const words = Array.from({ length: 10_000 }, (_, number) => noteOf(number).content);
  if (store.fullText.statistics().count < words.length) {
    for (const [at, content] of words.entries()) {
      const created_at = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString();
      await store.memories.create({
        content,
        tags: [],
        importance: 0.5,
        source: 'bench',
        created_at,
        key: `memory_${at}`,
      });
    }
  }
  await store.close();
  const env = { ...process.env, MEMORY_MCP_DATA_DIR: dataDir };
  const input = JSON.stringify({ prompt: typicalPrompt, cwd: root });
  await keepCompiledCode(env);
  const programs = {
    'node -e 0': ['-e', '0'],
    'hook prompt': [program, 'hook', 'prompt'],
    'hook session-start': [program, 'hook', 'session-start'],
  };
  const times = new Map(Object.keys(programs).map((name): [string, number[]] => [name, []]));
  for (let turn = 0; turn <= runs; turn++) {
    for (const [name, args] of Object.entries(programs)) {
      const began = performance.now();
      const { stdout, status } = spawnSync(process.execPath, args, { env, input });
      if (status !== 0 || (name === 'hook session-start' && stdout.length === 0)) throw new Error(`${name} failed`);
      // The first turn fills the caches.
      if (turn > 0) times.get(name)?.push(performance.now() - began);
    }
  }
  const base = times.get('node -e 0') ?? [];
  const multiple = (value: number | undefined, of: number | undefined) => shown((value ?? 0) / (of ?? 1), 2);
  return table(
    ['10,000 memories', 'p50, ms', 'p99, ms', 'p50 as a multiple', 'p99 as a multiple'],
    [...times].map(([name, values]) => [
      name,
      shown(median(values)),
      shown(percentile(values, 0.99)),
      multiple(median(values), median(base)),
      multiple(percentile(values, 0.99), percentile(base, 0.99)),
    ]),
  );
}
