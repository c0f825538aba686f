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

const realModels = join(repositoryRoot, '../shared/models');

async function serverWith(model: string, memories: readonly string[]): Promise<TestServer> {
  const server = await spawnServer({ env: { MEMORY_MCP_EMBEDDINGS_MODEL: join(realModels, model) } });
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
});
