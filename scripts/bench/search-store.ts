/**
 * One filled store of the search benchmark. Memories are written by the product's own store, in this process, since
 * a hundred thousand calls would take longer than everything else; their vectors come from the built server's own
 * queue, with a model that costs next to nothing.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import { callTool } from './contestants.ts';
import { startMemoryMcp } from './memory-mcp-server.ts';
import { searchNoteOf } from './search-notes.ts';
import type { StartedServer } from './stdio-client.ts';

const contextSchema = z.object({
  recall: z.object({ mode: z.string(), state: z.string(), queued: z.number(), detail: z.string().optional() }),
});
/** One memory every five minutes, the last of them today: a single sitting, in which every hit has others before it. */
const minutesBetween = 5;

export async function fillStore({ folder, size, model }: { folder: string; size: number; model: string }) {
  const done = join(folder, 'filled');
  if (!existsSync(done)) {
    rmSync(folder, { recursive: true, force: true });
    await writeMemories(folder, size);
    writeFileSync(done, '');
  }
  const server = await startMemoryMcp({ folder, model });
  while ((await recallState(server)).queued > 0) await delay(500);
  // What the work on the queue leaves behind is done before anything is measured.
  await server.end();
}

async function writeMemories(folder: string, size: number): Promise<void> {
  const persona = join(folder, 'data', 'memory', 'default');
  mkdirSync(persona, { recursive: true });
  const store = await openMemoryStore({
    path: join(persona, 'memory.sqlite'),
    persona: 'default',
    busyTimeout: 5_000,
  });
  const first = Date.now() - size * minutesBetween * 60_000;
  for (let number = 0; number < size; number++) {
    const created = new Date(first + number * minutesBetween * 60_000).toISOString();
    await store.memories.create({
      content: searchNoteOf(number).content,
      tags: [number % 2 === 0 ? 'english' : 'japanese'],
      importance: 0.5,
      source: 'bench',
      created_at: created,
      key: `memory_${created.replace(/\D/g, '').slice(0, 14)}`,
    });
  }
  await store.close();
}

async function recallState(server: StartedServer) {
  const { result } = await callTool(server, { name: 'get_context', arguments: {} });
  const { recall } = contextSchema.parse(result.structuredContent);
  if (['absent', 'failed', 'runtime missing'].includes(recall.state))
    throw new Error(`The model is ${recall.state}: ${recall.detail}`);
  return recall;
}
