/**
 * Races of built servers that are started at the same moment and find no host:
 * `npx tsx scripts/races/servers.ts [--races 30] [--servers 8] [--model FOLDER]`. In each race all of them must be
 * answered by one and the same process, and when all are killed at once nothing may be left.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { environmentOf, memoryMcp, program } from '../bench/contestants.ts';
import { initialize, type StartedServer, startServer } from '../bench/stdio-client.ts';
import { writeTestModel } from '../test-model/test-models.ts';
import { processesOfHost, untilNoneLeft } from './processes-of-host.ts';

const { values } = parseArgs({
  options: {
    races: { type: 'string', default: '30' },
    servers: { type: 'string', default: '8' },
    model: { type: 'string', default: writeTestModel('tiny-embed') },
  },
});
const races = Number(values.races);
const personas = ['aoi', 'ren', 'yui', 'sora'];

let together = 0;
const leftAfter: number[] = [];
const complaints: string[] = [];
for (let race = 1; race <= races; race++) {
  const folder = mkdtempSync(join(tmpdir(), 'mm-race-'));
  mkdirSync(join(folder, 'data'));
  const started = Array.from({ length: Number(values.servers) }, (_, number) => start(folder, number));
  const pids = new Set(await Promise.all(started.map(processThatAnswers)));
  const shared = join(folder, '.cache', 'memory-mcp', 'inference');
  const found = processesOfHost(shared);
  if (pids.size === 1 && found.length === 2) together += 1;
  else complaints.push(`race ${race}: answered by ${[...pids].join(', ')}; processes ${found.join(', ')}`);
  for (const server of started) process.kill(server.pid, 'SIGKILL');
  const milliseconds = await untilNoneLeft(shared);
  if (milliseconds === undefined) complaints.push(`race ${race}: processes were left after ten seconds`);
  else leftAfter.push(milliseconds);
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

console.log(
  `${races} races of ${values.servers} servers: one process answered all of them in ${together}. ` +
    `After kill -9 of all servers at once, nothing was left after ${Math.round(Math.max(...leftAfter))} ms at most.`,
);
for (const complaint of complaints) console.log(complaint);
process.exitCode = complaints.length === 0 ? 0 : 1;

function start(folder: string, number: number): StartedServer {
  return startServer({
    file: program,
    args: [...(memoryMcp.args ?? []), '--persona', personas[number % personas.length] ?? 'aoi'],
    folder,
    environment: {
      ...environmentOf(memoryMcp, folder),
      MEMORY_MCP_EMBEDDINGS_MODEL: values.model,
      MEMORY_MCP_RERANKER_MODEL: 'none',
    },
  });
}

/** Asks until the model answers. Returns the process that runs it for this server. */
async function processThatAnswers(server: StartedServer): Promise<number> {
  await initialize(server);
  server.notify('notifications/initialized');
  const call = async (name: string, args: object): Promise<Readonly<Record<string, unknown>>> => {
    const { result } = await server.request('tools/call', { name, arguments: args });
    const { structuredContent } = result;
    return typeof structuredContent === 'object' && structuredContent !== null ? { ...structuredContent } : {};
  };
  await call('memory_create', { content: '今日は自転車で海まで走った' });
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; await pause(50)) {
    const { mode } = await call('memory_search', { query: '海', mode: 'semantic' });
    if (mode !== 'semantic') continue;
    const { recall } = await call('get_context', {});
    const { model_process: process } = (recall ?? {}) as { model_process?: { kind: string; pid: number } };
    // One of its own would be a process that nobody else has.
    if (process !== undefined) return process.pid;
  }
  throw new Error('a server got no answer from its model within a minute');
}
