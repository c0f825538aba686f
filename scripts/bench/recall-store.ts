/**
 * One store of the recall benchmark: the built server over stdio, filled with memory_create and asked with
 * memory_search, as any client would.
 */
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { type Language, languageOf } from '../../src/core/text/language.ts';
import type { ModelQuality } from '../../src/scoring/model-quality.ts';
import { callTool } from './contestants.ts';
import { startMemoryMcp } from './memory-mcp-server.ts';
import type { Answered } from './recall-scores.ts';
import type { StartedServer } from './stdio-client.ts';

export type RecallMode = 'keyword' | 'semantic' | 'hybrid';

export interface Asked extends Answered {
  readonly id: string;
  readonly strength: string;
  readonly hits: readonly FoundHit[];
}

/** What a reply tells of one hit. */
export interface FoundHit {
  readonly language: Language;
  readonly coverage: number;
  readonly cosine: number | undefined;
}

export interface RecallStore {
  add(texts: readonly { id: string; text: string }[]): Promise<void>;
  ask(question: { id: string; text: string; relevant: readonly string[] }, mode: RecallMode): Promise<Asked>;
  /** What the model was measured to be worth; undefined where there is none. */
  scale(): Promise<ModelQuality | undefined>;
  close(): Promise<void>;
}

const receiptSchema = z.object({ key: z.string() });
const replySchema = z.object({
  results: z.array(z.object({ key: z.string(), why: z.object({ text: z.number(), vector: z.number().optional() }) })),
  strength: z.string(),
});
const languagePairQuality = z.object({ right: z.number(), related: z.number(), unrelated: z.number() });
const statisticsSchema = z.object({
  measured: z
    .object({
      'ja-ja': languagePairQuality,
      'ja-en': languagePairQuality,
      'en-ja': languagePairQuality,
      'en-en': languagePairQuality,
    })
    .optional(),
});
const contextSchema = z.object({
  recall: z.object({ state: z.string(), queued: z.number(), detail: z.string().optional() }),
});

/** Requests that are under way at once while a store is filled. */
const parallel = 8;
/** The most that one page holds. */
const pageLength = 50;
const measuringTries = 100;

export async function openRecallStore({ folder, model }: { folder: string; model: string }): Promise<RecallStore> {
  const server = await startMemoryMcp({ folder, model });
  /** Identical texts share a key, and any of their ids is as good. */
  const stored = new Map<string, { ids: string[]; language: Language }>();
  const scale = async () => statisticsSchema.parse(await structured(server, 'memory_stats', {})).measured;

  return {
    async add(texts) {
      const rest = texts.values();
      await Promise.all(
        Array.from({ length: parallel }, async () => {
          for (const { id, text } of rest) {
            const { key } = receiptSchema.parse(await structured(server, 'memory_create', { content: text }));
            const before = stored.get(key)?.ids ?? [];
            stored.set(key, { ids: [...before, id], language: languageOf(text) });
          }
        }),
      );
      if (model === 'none') return;
      await untilEmbedded(server);
      // The first search has the model measured, and those before it is done are judged without.
      for (let tries = 0; tries < measuringTries && (await scale()) === undefined; tries++) {
        await structured(server, 'memory_search', { query: texts[0]?.text ?? 'text' });
        await delay(200);
      }
    },
    async ask({ id, text, relevant }, mode) {
      const request = { query: text, mode, limit: pageLength };
      const { results, strength } = replySchema.parse(await structured(server, 'memory_search', request));
      const ranked = results.flatMap(({ key }) => stored.get(key)?.ids ?? []);
      const hits = results.flatMap(({ key, why }) => {
        const language = stored.get(key)?.language;
        return language === undefined ? [] : [{ language, coverage: why.text, cosine: why.vector }];
      });
      return { id, relevant, ranked, strength, hits };
    },
    scale,
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
