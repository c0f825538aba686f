/**
 * How far a model is trusted shows: what it was measured to be worth in the statistics, and how near a memory is on
 * that scale in the explanation of a search.
 */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { dataPaths, personaPaths } from '../../src/config/paths.ts';
import { openConnection } from '../../src/store/sqlite/connection.ts';
import { searchInFull, tinyModels, untilEmbedded } from '../support/model-servers.ts';
import { spawnServer, type TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const languagePairQuality = z.strictObject({
  right: z.number().min(0).max(1),
  related: z.number().min(-1).max(1),
  unrelated: z.number().min(-1).max(1),
});
const directions = ['ja-ja', 'ja-en', 'en-ja', 'en-en'] as const;
const measured = z.strictObject(Object.fromEntries(directions.map((direction) => [direction, languagePairQuality])));
const meaning = z.object({ cosine: z.number(), z: z.number(), nearness: z.number() });

const env = tinyModels({ MEMORY_MCP_RERANKER_MODEL: 'none', MEMORY_MCP_TOOLS: 'full' });
const question = '犬はどこ？';

/** Searches, which has the model measured, and waits until that shows. */
async function measuredScale(server: TestServer): Promise<unknown> {
  await searchInFull(server, question);
  let scale: unknown;
  await until(async () => {
    scale = (await server.call('memory_stats')).structured.measured;
    return scale !== undefined;
  }, 'the model is measured');
  return scale;
}

/** Puts another scale in the place of the measured one, in the database of a server that has ended. */
async function keepScale(dataDir: string, scale: object): Promise<void> {
  const path = personaPaths(dataPaths(dataDir), 'default').database;
  const connection = await openConnection({ path, busyTimeout: 5_000 });
  try {
    await connection.write(() =>
      connection.sql("UPDATE spaces SET fitness = json_set(fitness, '$.fitness', json(?))").run(JSON.stringify(scale)),
    );
  } finally {
    connection.close();
  }
}

describe('the measured scale of a model', () => {
  it('is in the statistics from the first search on, and nowhere without a model', async () => {
    const server = await spawnServer({ env });
    await server.create('京都で犬を飼い始めた');
    await untilEmbedded(server);
    expect(measured.parse(await measuredScale(server))).toHaveProperty('ja-en');

    const wordsOnly = await spawnServer({ env: { MEMORY_MCP_TOOLS: 'full' } });
    await wordsOnly.create('京都で犬を飼い始めた');
    await wordsOnly.search(question);
    expect((await wordsOnly.call('memory_stats')).structured).not.toHaveProperty('measured');
  });

  it('is what the nearness of an explained memory is read on, unless the model guesses', async () => {
    const first = await spawnServer({ env });
    const { key } = await first.create('京都で犬を飼い始めた');
    const { key: english } = await first.create('The dog lives in Kyoto');
    await untilEmbedded(first);
    await measuredScale(first);
    await first.close();

    const knows = { right: 1, related: 0.9, unrelated: 0.4 };
    const guesses = { ...knows, right: 0 };
    await keepScale(first.dataDir, { 'ja-ja': knows, 'ja-en': guesses, 'en-ja': guesses, 'en-en': knows });
    const server = await spawnServer({ env, dataDir: first.dataDir });
    await searchInFull(server, question);
    const near = meaning.parse((await server.call('recall_explain', { query: question, key })).structured.meaning);
    expect(near.nearness).toBeCloseTo((near.cosine - 0.4) / 0.5, 9);
    const guessed = await server.call('recall_explain', { query: question, key: english });
    expect(guessed.structured.meaning).toMatchObject({ cosine: expect.any(Number) });
    expect(guessed.structured.meaning).not.toHaveProperty('nearness');
  });

  it('says whether a question is answered, but not whether two memories belong together', async () => {
    const first = await spawnServer({ env });
    const { key } = await first.create('京都で犬を飼い始めた');
    await first.create('量子力学の講義に出た');
    await untilEmbedded(first);
    await measuredScale(first);
    await first.close();

    // On a scale this high every memory lies farther than the answer to another question.
    const high = { right: 1, related: 1, unrelated: 0.99 };
    await keepScale(first.dataDir, Object.fromEntries(directions.map((direction) => [direction, high])));
    const server = await spawnServer({ env, dataDir: first.dataDir });
    await searchInFull(server, '今夜の夕食');
    const asked = await server.call('memory_search', { query: '今夜の夕食' });
    expect(asked.structured).toMatchObject({ strength: 'none', calibration: 'measured' });
    const related = await server.call('memory_search', { related_to: key });
    expect(related.structured).toMatchObject({ total: 1, strength: 'weak' });
    expect(related.structured).not.toMatchObject({ calibration: 'measured' });
  });
});
