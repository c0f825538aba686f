/**
 * Recall with real, trained models through the front door, where they are on this machine: a question finds what means
 * the same, in another language too.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { searchInFull, untilEmbedded } from '../support/model-servers.ts';
import { spawnServer, type TestServer } from '../support/server.ts';
import { repositoryRoot } from '../support/surroundings.ts';
import { until } from '../support/until.ts';

const realModels = join(repositoryRoot, '../shared/models');

async function serverWith(model: string, memories: readonly string[], reranker?: string): Promise<TestServer> {
  const server = await spawnServer({
    env: {
      MEMORY_MCP_EMBEDDINGS_MODEL: join(realModels, model),
      ...(reranker !== undefined && { MEMORY_MCP_RERANKER_MODEL: reranker }),
    },
  });
  for (const content of memories) await server.create(content);
  await untilEmbedded(server);
  return server;
}

async function firstAnswer(server: TestServer, question: string, mode: 'hybrid' | 'semantic'): Promise<unknown> {
  const reply = await searchInFull(server, question, { mode });
  return [reply.mode, reply.results[0]?.content];
}

describe.skipIf(!existsSync(realModels))(`real models (skipped where there is no ${realModels})`, () => {
  it('answer an English question from a Japanese memory', async () => {
    const memories = [
      '去年の春、ベルリンに引っ越した。',
      '苺のアレルギーがある。',
      '猫を二匹飼っている。',
      '毎朝六時に起きて走る。',
    ];
    const server = await serverWith('multilingual-e5-small', memories);
    for (const mode of ['hybrid', 'semantic'] as const) {
      expect(await firstAnswer(server, 'Which city did I move to?', mode)).toEqual([mode, memories[0]]);
      expect(await firstAnswer(server, 'What food must I not eat?', mode)).toEqual([mode, memories[1]]);
      expect(await firstAnswer(server, 'ペットはいる？', mode)).toEqual([mode, memories[2]]);
    }
  });

  it('answer an English question from an English memory that shares no word with it', async () => {
    const memories = [
      'I am allergic to strawberries.',
      'My sister adopted two kittens last week.',
      'The rent goes up in April.',
      'He proposed to her on the beach.',
    ];
    const server = await serverWith('all-MiniLM-L6-v2', memories);
    expect(await firstAnswer(server, 'Which pets does the family own?', 'hybrid')).toEqual(['hybrid', memories[1]]);
    expect(await firstAnswer(server, 'How much will housing cost?', 'hybrid')).toEqual(['hybrid', memories[2]]);
  });

  it('have a reranker vote on how sure an answer is, once it is measured', async () => {
    const memories = [
      '去年の春、ベルリンに引っ越した。',
      '苺のアレルギーがある。',
      '猫を二匹飼っている。',
      '毎朝六時に起きて走る。',
      '土曜の夜は友人と囲碁を打つ。',
      '母の誕生日は五月三日だ。',
    ];
    const questions = ['走る速さの世界記録は', '魚のアレルギーはある', 'ベルリンに引っ越したのは去年のいつ'];
    const strengthsOf = async (server: TestServer) => {
      const strengths: unknown[] = [];
      for (const question of questions) strengths.push((await searchInFull(server, question)).strength);
      return strengths;
    };
    const plain = await serverWith('multilingual-e5-small', memories, 'none');
    expect(await strengthsOf(plain)).toEqual(['weak', 'strong', 'strong']);
    const reranked = await serverWith('multilingual-e5-small', memories, join(realModels, 'reranker-standin'));
    await until(
      async () => (await strengthsOf(reranked)).join() === 'none,weak,strong',
      'the reranker reads no answer to the first, none in the best of the second, and one to the third',
    );
  });

  it('have a reranker confirm what words alone leave open', async () => {
    const memories = [
      'The rent goes up in April.',
      'He proposed to her on the beach.',
      'The car was repaired in June.',
    ];
    const question = 'When does the rent go up?';
    const withReranker = async (reranker: string) => {
      const env = { MEMORY_MCP_EMBEDDINGS_MODEL: 'none', MEMORY_MCP_RERANKER_MODEL: reranker };
      const server = await spawnServer({ env });
      for (const content of memories) await server.create(content);
      return server;
    };
    const plain = await withReranker('none');
    expect((await searchInFull(plain, question, { mode: 'keyword' })).strength).toBe('weak');
    const reranked = await withReranker(join(realModels, 'reranker-standin'));
    await until(
      async () => (await searchInFull(reranked, question, { mode: 'keyword' })).strength === 'strong',
      'the reranker reads the answer in the first and in no other',
    );
  });
});
