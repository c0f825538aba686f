/**
 * Built servers with the tiny models, and what shows from outside how their vectors come about: the receipts and the
 * state they report, the rows in the database, the processes they start.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { writeTestModel } from '../../scripts/test-model/test-models.ts';
import { dataPaths, personaPaths } from '../../src/config/paths.ts';
import { openConnection } from '../../src/store/sqlite/connection.ts';
import type { SearchReply } from './replies.ts';
import { spawnServer, type TestServer } from './server.ts';
import { until } from './until.ts';

/** The environment of a server with the tiny models. */
export function tinyModels(changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    MEMORY_MCP_EMBEDDINGS_MODEL: writeTestModel('tiny-embed'),
    MEMORY_MCP_RERANKER_MODEL: writeTestModel('tiny-rerank'),
    ...changes,
  };
}

/** A folder that goes away with the test. */
export function folderOfTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-models-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** The environment in which `code` (CommonJS) runs first in every inference process that a server starts. */
export function beforeInference(code: string): { NODE_OPTIONS: string } {
  const file = join(folderOfTest(), 'before-inference.cjs');
  writeFileSync(file, `if (process.argv[1]?.endsWith('inference.cjs')) {\n${code}\n}\n`);
  return { NODE_OPTIONS: `--require=${file}` };
}

/** Makes inference processes stand still before each text while `file` is there. */
export function heldWhile(file: string): { NODE_OPTIONS: string } {
  return beforeEachText(`while (require('node:fs').existsSync(${JSON.stringify(file)})) pause(5)`);
}

/** Makes inference processes take so many milliseconds longer for each text. */
export function slowedBy(milliseconds: number): { NODE_OPTIONS: string } {
  return beforeEachText(`pause(${milliseconds})`);
}

/** Makes inference processes take so many milliseconds longer to load a model. */
export function slowLoading(milliseconds: number): { NODE_OPTIONS: string } {
  return beforeEachStep('model', `pause(${milliseconds})`);
}

function beforeEachText(code: string): { NODE_OPTIONS: string } {
  return beforeEachStep('text', code);
}

function beforeEachStep(on: 'model' | 'text', code: string): { NODE_OPTIONS: string } {
  return beforeInference(`
    const { Socket } = require('node:net');
    const { write } = Socket.prototype;
    const pause = (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
    Socket.prototype.write = function (data) {
      const sent = write.apply(this, arguments);
      if (data.includes('"on":"${on}"')) ${code};
      return sent;
    };
  `);
}

/** Makes inference processes note each step with a text, with the number of the request that it belongs to. */
export function notedSteps(): { env: { NODE_OPTIONS: string }; count(): number; ids(): number[] } {
  const file = join(folderOfTest(), 'steps');
  writeFileSync(file, '');
  const env = beforeInference(`
    const { appendFileSync } = require('node:fs');
    const { Socket } = require('node:net');
    const { write } = Socket.prototype;
    Socket.prototype.write = function (data) {
      const [, id] = /"id":(\\d+),"on":"text"/.exec(data.toString()) ?? [];
      if (id !== undefined) appendFileSync(${JSON.stringify(file)}, id + '\\n');
      return write.apply(this, arguments);
    };
  `);
  const ids = () => readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
  return { env, count: () => ids().length, ids };
}

/** Makes inference processes note each text with `mark` in it that they are given. `count` says how many there were. */
export function countedTexts(mark: string): { env: { NODE_OPTIONS: string }; count(): number } {
  const file = join(folderOfTest(), 'texts');
  writeFileSync(file, '');
  const env = beforeInference(`
    const { appendFileSync } = require('node:fs');
    const { Socket } = require('node:net');
    const { emit } = Socket.prototype;
    Socket.prototype.emit = function (name, data) {
      const texts = name === 'data' ? data.toString().split(${JSON.stringify(mark)}).length - 1 : 0;
      if (texts > 0) appendFileSync(${JSON.stringify(file)}, '.'.repeat(texts));
      return emit.apply(this, arguments);
    };
  `);
  return { env, count: () => readFileSync(file).length };
}

const contextReply = z.looseObject({
  recall: z.looseObject({
    mode: z.string(),
    state: z.string(),
    detail: z.string().optional(),
    queued: z.number(),
    failed: z.number().optional(),
    model_process: z
      .looseObject({
        kind: z.enum(['shared', 'own']),
        pid: z.number(),
        memory_mb: z.number().optional(),
        servers: z.array(z.number()).optional(),
        reason: z.string().optional(),
      })
      .optional(),
  }),
});

export type RecallState = z.output<typeof contextReply>['recall'];

export async function recallOf(server: TestServer): Promise<RecallState> {
  return contextReply.parse((await server.call('get_context')).structured).recall;
}

/** A data folder in which each persona has so many memories and no vector. */
export async function dataWithQueues(names: readonly string[], memories: number): Promise<string> {
  const dataDir = join(folderOfTest(), 'data');
  await Promise.all(
    names.map(async (persona) => {
      const server = await spawnFor(persona, dataDir, {});
      for (let n = 0; n < memories; n++) await server.create(`${persona} notes ${n}: 今日は${n * 7}回も海を見た`);
      await server.close();
    }),
  );
  return dataDir;
}

export function spawnFor(persona: string, dataDir: string, env: Record<string, string>): Promise<TestServer> {
  return spawnServer({ dataDir, args: ['--persona', persona], env });
}

/** Waits until every memory has its vector. */
export async function untilEmbedded(server: TestServer): Promise<void> {
  await until(async () => (await recallOf(server)).queued === 0, 'every memory has its vector');
}

/** Asks again while the answer is degraded, as it is while a model is being loaded or the machine is slow. */
export async function searchInFull(
  server: TestServer,
  query: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<SearchReply> {
  let reply = await server.search(query, options);
  await until(async () => {
    if (reply.degraded_reason === undefined) return true;
    reply = await server.search(query, options);
    return reply.degraded_reason === undefined;
  }, 'an answer that is not degraded');
  return reply;
}

export interface StoredVectors {
  readonly memories: number;
  /** Rows by space. */
  readonly spaces: Readonly<Record<string, number>>;
  readonly currentSpace: string | undefined;
  /** Memories that have no vector of any space. */
  readonly without: number;
  /** `put` entries of the change log: how often a vector was stored. */
  readonly puts: number;
  readonly failures: readonly string[];
  /** Until when a process has the queue to itself, in milliseconds since 1970. */
  readonly leasedUntil: number | undefined;
}

/** What the database of a persona says, read beside the servers that use it. */
export async function storedVectors(dataDir: string, persona = 'default'): Promise<StoredVectors> {
  const path = personaPaths(dataPaths(dataDir), persona).database;
  const connection = await openConnection({ path, busyTimeout: 5_000, readOnly: true });
  try {
    return connection.read(() => {
      const count = (query: string) => connection.sql<{ n: number }>(`SELECT count(*) AS n ${query}`).get()?.n ?? 0;
      const spaces = connection
        .sql<{ name: string; n: number }>(
          'SELECT s.name, count(*) AS n FROM vectors v JOIN spaces s ON s.id = v.space GROUP BY s.name',
        )
        .all();
      return {
        memories: count('FROM memories'),
        spaces: Object.fromEntries(spaces.map(({ name, n }) => [name, n])),
        currentSpace: connection.sql<{ value: string }>("SELECT value FROM meta WHERE name = 'current_space'").get()
          ?.value,
        without: count('FROM memories m WHERE NOT EXISTS (SELECT 1 FROM vectors v WHERE v.memory_id = m.id)'),
        puts: count("FROM changes WHERE op = 'put'"),
        failures: connection
          .sql<{ reason: string }>('SELECT reason FROM vector_failures')
          .all()
          .map(({ reason }) => reason),
        leasedUntil: connection.sql<{ expires_at: number }>('SELECT expires_at FROM leases').get()?.expires_at,
      };
    });
  } finally {
    connection.close();
  }
}
