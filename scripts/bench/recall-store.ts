/**
 * One store of the recall benchmark: the built server over stdio, filled with memory_create and asked with
 * memory_search, as any client would.
 */
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { callTool, environmentOf, memoryMcp, program } from './contestants.ts';
import type { Answered } from './recall-scores.ts';
import { initialize, type StartedServer, startServer } from './stdio-client.ts';

export type RecallMode = 'keyword' | 'semantic' | 'hybrid';

export interface Asked extends Answered {
  readonly id: string;
  readonly strength: string;
  readonly milliseconds: number;
}

export interface RecallStore {
  add(texts: readonly { id: string; text: string }[]): Promise<void>;
  ask(question: { id: string; text: string; relevant: readonly string[] }, mode: RecallMode): Promise<Asked>;
  close(): Promise<void>;
}

const receiptSchema = z.object({ key: z.string() });
const replySchema = z.object({ results: z.array(z.object({ key: z.string() })), strength: z.string().default('weak') });
const contextSchema = z.object({
  recall: z.object({ state: z.string(), queued: z.number(), detail: z.string().optional() }),
});

/** Requests that are under way at once while a store is filled. */
const parallel = 8;

export async function openRecallStore({ folder, model }: { folder: string; model: string }): Promise<RecallStore> {
  const server = startServer({
    file: program,
    args: memoryMcp.args ?? [],
    folder,
    environment: {
      ...environmentOf(memoryMcp, folder),
      MEMORY_MCP_EMBEDDINGS_MODEL: model,
      MEMORY_MCP_RERANKER_MODEL: 'none',
    },
  });
  await initialize(server);
  server.notify('notifications/initialized');
  /** Identical texts share a key, and any of their ids is as good. */
  const idsOf = new Map<string, string[]>();

  return {
    async add(texts) {
      const rest = texts.values();
      await Promise.all(
        Array.from({ length: parallel }, async () => {
          for (const { id, text } of rest) {
            const { key } = receiptSchema.parse(await structured(server, 'memory_create', { content: text }));
            idsOf.set(key, [...(idsOf.get(key) ?? []), id]);
          }
        }),
      );
      if (model !== 'none') await untilEmbedded(server);
    },
    async ask({ id, text, relevant }, mode) {
      const began = performance.now();
      const reply = replySchema.parse(await structured(server, 'memory_search', { query: text, mode, limit: 10 }));
      const ranked = reply.results.flatMap(({ key }) => idsOf.get(key) ?? []);
      return { id, relevant, ranked, strength: reply.strength, milliseconds: performance.now() - began };
    },
    close: async () => void (await server.end()),
  };
}

async function structured(
  server: StartedServer,
  name: string,
  args: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const { result } = await callTool(server, { name, arguments: args });
  return result.structuredContent;
}

async function untilEmbedded(server: StartedServer): Promise<void> {
  for (;;) {
    const { recall } = contextSchema.parse(await structured(server, 'get_context', {}));
    if (recall.queued === 0) return;
    if (['absent', 'failed', 'runtime missing'].includes(recall.state))
      throw new Error(`The model is ${recall.state}: ${recall.detail}`);
    await delay(200);
  }
}
