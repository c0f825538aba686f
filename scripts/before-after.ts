/**
 * Measures what an earlier build did wrong under load, beside this one, in one run: other personas while a write waits,
 * memory for bodies that never end, the size and the cost of an error reply, and the time of a create.
 *
 * `npx tsx scripts/before-after.ts <launcher of the earlier build> [creates]`
 *
 * The launcher is `bin/memory-mcp.js` of a checkout that was built.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadSqliteDriver } from '../src/files/sqlite-driver.ts';
import { circumstances, percentile, shown, table } from './bench/report.ts';

const [earlier, creates = '1000'] = process.argv.slice(2);
if (earlier === undefined) throw new Error('name the launcher of the earlier build: <its checkout>/bin/memory-mcp.js');
const own = new URL('../bin/memory-mcp.js', import.meta.url).pathname;

const heldMilliseconds = 2_500;
const waitingWrites = 4;
const unfinishedBodies = 300;
const bodyBytes = 3_900_000;
const createsPerTurn = 50;
const megabyte = 1_000_000;

interface Server {
  readonly port: number;
  readonly dataDir: string;
  readonly child: ChildProcess;
  /** POSTs to an operation of a persona. */
  call(persona: string, operation: string, body: string): Promise<string>;
  residentBytes(): number;
  end(): Promise<void>;
}

async function start(launcher: string): Promise<Server> {
  const root = mkdtempSync(join(tmpdir(), 'memory-mcp-before-after-'));
  const dataDir = join(root, 'data');
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: root,
    MEMORY_MCP_DATA_DIR: dataDir,
    MEMORY_MCP_EMBEDDINGS_MODEL: 'none',
    MEMORY_MCP_RERANKER_MODEL: 'none',
  };
  const child = spawn(process.execPath, [launcher, 'serve', '--http', '--port', '0'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  let errors = '';
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr.on('data', (text: Buffer) => {
      errors += text.toString();
      const found = /127\.0\.0\.1:(\d+)/.exec(errors)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    void ended.then(([code]) => reject(new Error(`${launcher} ended with ${code}: ${errors}`)));
  });
  return {
    port,
    dataDir,
    child,
    call: async (persona, operation, body) => {
      const headers = { 'content-type': 'application/json', 'x-persona': persona };
      const reply = await fetch(`http://127.0.0.1:${port}/api/${operation}`, { method: 'POST', headers, body });
      return await reply.text();
    },
    residentBytes: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) * 1024,
    async end() {
      child.kill('SIGKILL');
      await ended;
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Watched {
  readonly answers: number;
  readonly longest: number;
}

/** Lists another persona again and again while `work` runs. */
async function watchAnother(server: Server, work: () => Promise<unknown>): Promise<Watched> {
  let [running, answers, longest] = [true, 0, 0];
  const watching = (async () => {
    while (running) {
      const began = performance.now();
      await server.call('another', 'memory_list', '{}');
      longest = Math.max(longest, performance.now() - began);
      answers += 1;
      await delay(10);
    }
  })();
  await work();
  running = false;
  await watching;
  return { answers, longest };
}

const note = (text: string) => JSON.stringify({ content: text });

/** How often and how slowly another persona is listed while writes wait for the lock that this process holds. */
async function measureFreeze(launcher: string): Promise<readonly string[]> {
  const server = await start(launcher);
  await server.call('default', 'memory_create', note('one'));
  await server.call('another', 'memory_create', note('two'));
  const Driver = await loadSqliteDriver();
  const database = new Driver(join(server.dataDir, 'memory', 'default', 'memory.sqlite'));
  database.exec('BEGIN IMMEDIATE');
  const { answers, longest } = await watchAnother(server, async () => {
    const writes = Array.from({ length: waitingWrites }, (_, n) =>
      server.call('default', 'memory_create', note(`waits ${n}`)),
    );
    await delay(heldMilliseconds);
    database.exec('ROLLBACK');
    await Promise.all(writes);
  });
  database.close();
  await server.end();
  return [shown(answers), shown(longest)];
}

/** The memory of a server to which many send a body that never ends. */
async function measureBodies(launcher: string): Promise<readonly string[]> {
  const server = await start(launcher);
  await server.call('default', 'memory_list', '{}');
  const before = server.residentBytes();
  const part = `{"content":"${'x'.repeat(bodyBytes)}`;
  const sockets = Array.from({ length: unfinishedBodies }, (): Socket => {
    const socket = connect(server.port, '127.0.0.1').on('error', () => {});
    socket.write(
      `POST /api/memory_create HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nContent-Type: application/json\r\nContent-Length: ${bodyBytes + 100_000}\r\n\r\n`,
    );
    socket.write(part);
    return socket;
  });
  let most = before;
  // Until it grows no more: what has not arrived within two seconds is held back or refused.
  for (let calm = 0; calm < 20; calm++) {
    await delay(100);
    const now = server.residentBytes();
    if (now > most + megabyte) calm = 0;
    most = Math.max(most, now);
  }
  for (const socket of sockets) socket.destroy();
  await server.end();
  return [shown(before / megabyte), shown(most / megabyte)];
}

/** What a body of unknown keys gets, and how long another client waits meanwhile. */
async function measureErrorReply(launcher: string): Promise<readonly string[]> {
  const server = await start(launcher);
  await server.call('another', 'memory_create', note('two'));
  const keys = Array.from({ length: 200_000 }, (_, n) => `"unknown_${n}":0`).join(',');
  let reply = '';
  const { longest } = await watchAnother(server, async () => {
    await delay(100);
    reply = await server.call('default', 'memory_create', `{${keys}}`);
    await delay(100);
  });
  await server.end();
  return [shown(Buffer.byteLength(reply)), shown(longest)];
}

/** Creates on both, in turns: what disturbs one disturbs the other. */
async function measureCreates(): Promise<readonly (readonly string[])[]> {
  const servers = await Promise.all([start(earlier ?? ''), start(own)]);
  const times: number[][] = [[], []];
  for (let n = 0; n < Number(creates); n += createsPerTurn) {
    for (const [which, server] of servers.entries()) {
      for (let turn = 0; turn < createsPerTurn; turn++) {
        const began = performance.now();
        await server.call('default', 'memory_create', note(`memory ${n + turn}: 海まで${n + turn}回走った`));
        times[which]?.push(performance.now() - began);
      }
    }
  }
  for (const server of servers) await server.end();
  return times.map((each) => [shown(percentile(each, 0.5), 2), shown(percentile(each, 0.95), 2)]);
}

const names = [
  `Lists of another persona within ${heldMilliseconds / 1_000} s of a held lock, ${waitingWrites} creates waiting`,
  'The slowest of these lists, ms',
  'Resident memory before unfinished bodies, MB',
  `The same with ${unfinishedBodies} bodies of ${bodyBytes / megabyte} MB, MB`,
  'Bytes of the reply to 200,000 unknown keys',
  'The slowest list of another persona meanwhile, ms',
  'create over HTTP, p50, ms',
  'create over HTTP, p95, ms',
];
const columns: string[][] = [[], []];
for (const measure of [measureFreeze, measureBodies, measureErrorReply]) {
  columns[0]?.push(...(await measure(earlier)));
  columns[1]?.push(...(await measure(own)));
}
for (const [which, figures] of (await measureCreates()).entries()) columns[which]?.push(...figures);
const rows = names.map((name, row) => [name, columns[0]?.[row] ?? '', columns[1]?.[row] ?? '']);
console.log(table(['', 'the earlier build', 'this build'], rows));
console.log(`\n${circumstances({ command: `npx tsx scripts/before-after.ts ${earlier}`, folder: tmpdir() })}`);
