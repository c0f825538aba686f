/**
 * The stores of the recall benchmark: the program without a transport, filled with memory_create and asked with
 * memory_search as a client's calls would be, each question set in a persona of its own. All run in this process, which
 * keeps the models' answers between runs and lets one filled store be asked under several rankings.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { openApp } from '../../src/app.ts';
import { loadConfiguration } from '../../src/config/load.ts';
import { systemClock } from '../../src/core/clock.ts';
import { createLogger } from '../../src/core/logger.ts';
import { type Language, languageOf } from '../../src/core/text/language.ts';
import { minuteLength } from '../../src/core/time/durations.ts';
import { operations } from '../../src/operation/index.ts';
import { invoke, type Result } from '../../src/operation/operation.ts';
import type { Scope } from '../../src/persona/scope.ts';
import type { ModelQuality } from '../../src/scoring/model-quality.ts';
import { type RankingParameters, rankingParameters } from '../../src/scoring/ranking-parameters.ts';
import { openCachedModels } from './model-cache.ts';
import type { Answered } from './recall-scores.ts';
import type { CorpusText } from './recall-sets.ts';

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

/** A key, the ids of the texts that have it, and their language. */
export type KnownKey = readonly [string, { readonly ids: readonly string[]; readonly language: Language }];

export interface RecallStore {
  add(texts: readonly CorpusText[]): Promise<void>;
  /** Resolves when the model is loaded and measured, and every memory has its vector. */
  warm(): Promise<void>;
  /** What has been added, for `know` of another process that opens the same folder. */
  keys(): readonly KnownKey[];
  know(keys: readonly KnownKey[]): void;
  ask(question: { id: string; text: string; relevant: readonly string[] }, mode: RecallMode): Promise<Asked>;
  /** Stores one text as a client would, and returns the receipt. */
  create(text: string): Promise<Receipt>;
  delete(key: string): Promise<void>;
  /** Works below the operations, to time their parts. */
  inScope<Value>(work: (scope: Scope) => Promise<Value>): Promise<Value>;
  /** What the model was measured to be worth; undefined where there is none. */
  scale(): Promise<ModelQuality | undefined>;
}

export interface RecallStores {
  /** The store of this name. */
  open(name: string): RecallStore;
  /** Which constants of the ranking the next questions are asked with. */
  setRanking(changes: Partial<RankingParameters>): void;
  /** As of when the next questions are asked; undefined is now. */
  setNow(now: Date | undefined): void;
  close(): Promise<void>;
}

const receiptSchema = z.object({
  key: z.string(),
  stored: z.boolean(),
  similar: z.array(z.object({ key: z.string(), preview: z.string(), by: z.enum(['words', 'meaning']) })).default([]),
});
export type Receipt = z.output<typeof receiptSchema>;

const replySchema = z.object({
  results: z.array(z.object({ key: z.string(), why: z.object({ text: z.number(), vector: z.number().optional() }) })),
  strength: z.string(),
  degraded_reason: z.string().optional(),
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

/** The most that one page holds. */
const pageLength = 50;
const measuringTries = 100;
/** A benchmark of recall waits for the reranker, however busy the machine is. */
const untimed = 10 * minuteLength;

export interface RecallStoresDeps {
  /** The data lies in it. */
  readonly folder: string;
  /** A folder, or `none`. */
  readonly model: string;
  readonly reranker: string;
  /** Where the models' answers are kept. */
  readonly answers: string;
  /** Variables of the environment. */
  readonly settings?: Readonly<Record<string, string>>;
}

export async function openRecallStores({
  folder,
  model,
  reranker,
  answers,
  settings = {},
}: RecallStoresDeps): Promise<RecallStores> {
  const data = join(folder, 'data');
  const loaded = await loadConfiguration({
    environment: {
      MEMORY_MCP_DATA_DIR: data,
      MEMORY_MCP_EMBEDDINGS_MODEL: model,
      MEMORY_MCP_RERANKER_MODEL: reranker,
      MEMORY_MCP_MODEL_DOWNLOAD: 'never',
      ...settings,
    },
    folders: { data, config: join(data, 'no-config'), cache: join(data, 'no-cache') },
    directory: folder,
  });
  let ranking: RankingParameters = { ...rankingParameters, rerankMilliseconds: untimed };
  let asked: Date | undefined;
  const app = openApp({
    loaded,
    clock: { now: () => asked ?? systemClock.now(), monotonic: systemClock.monotonic },
    logger: createLogger({ level: () => 'warn', write: (line) => process.stderr.write(line) }),
    kind: 'command',
    bench: { openModels: (deps) => openCachedModels(deps, answers), ranking: () => ranking },
  });

  function open(name: string): RecallStore {
    /** Identical texts share a key, and any of their ids is as good. */
    const stored = new Map<string, KnownKey[1]>();
    const scope = app.scopeFor(name, { source: 'bench', readOnly: false });
    const call = (tool: string, input: object): Promise<Result> => {
      const operation = operations.find((one) => one.name === tool);
      if (operation === undefined) throw new Error(`There is no operation ${tool}`);
      return invoke(operation, input, scope);
    };
    const scale = async () => statisticsSchema.parse(await call('memory_stats', {})).measured;

    async function untilEmbedded(): Promise<void> {
      for (;;) {
        const { recall } = contextSchema.parse(await call('get_context', {}));
        if (recall.queued === 0) return;
        if (['absent', 'failed', 'runtime missing'].includes(recall.state))
          throw new Error(`The model is ${recall.state}: ${recall.detail}`);
        await delay(200);
      }
    }

    const measureReranker = (): Promise<void> =>
      scope({ effect: 'read', creates: false }, async ({ workspace: { rerankerEvaluation } }) => {
        for (const language of ['ja', 'en'] as const) await rerankerEvaluation.measureOnce(language);
      });

    async function isReady(): Promise<boolean> {
      const { degraded_reason: degraded } = replySchema.parse(await call('memory_search', { query: 'text' }));
      return degraded === undefined && (await scale()) !== undefined;
    }

    return {
      async add(texts) {
        // One after the other: neighbours in a conversation stay neighbours.
        for (const { id, text, date } of texts) {
          const { key } = receiptSchema.parse(await call('memory_create', { content: text, occurred_at: date }));
          const before = stored.get(key)?.ids ?? [];
          stored.set(key, { ids: [...before, id], language: languageOf(text) });
        }
      },
      async warm() {
        if (reranker !== 'none') await measureReranker();
        if (model === 'none') return;
        await untilEmbedded();
        // The first search has the model measured, and those before it is done are judged without.
        for (let tries = 0; tries < measuringTries && !(await isReady()); tries++) await delay(200);
      },
      keys: () => [...stored],
      know(keys) {
        for (const [key, known] of keys) stored.set(key, known);
      },
      async ask({ id, text, relevant }, mode) {
        const request = { query: text, mode, limit: pageLength };
        const reply = replySchema.parse(await call('memory_search', request));
        const { results, strength, degraded_reason: degraded } = reply;
        if (degraded !== undefined) throw new Error(`${id} was not searched as it should be: ${degraded}`);
        const ranked = results.flatMap(({ key }) => stored.get(key)?.ids ?? []);
        const hits = results.flatMap(({ key, why }) => {
          const language = stored.get(key)?.language;
          return language === undefined ? [] : [{ language, coverage: why.text, cosine: why.vector }];
        });
        return { id, relevant, ranked, strength, hits };
      },
      create: async (text) => receiptSchema.parse(await call('memory_create', { content: text })),
      async delete(key) {
        await call('memory_delete', { keys: [key] });
      },
      inScope: (work) => scope({ effect: 'write', creates: true }, work),
      scale,
    };
  }

  return {
    open,
    setRanking(changes) {
      ranking = { ...rankingParameters, rerankMilliseconds: untimed, ...changes };
    },
    setNow(now) {
      asked = now;
    },
    close: () => app.close(),
  };
}
