/** A model that is to run on a card, in a server: where it is said to run, and what a card that fails changes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { playedCard } from '../support/inference.ts';
import { beforeInference, folderOfTest, searchInFull, tinyModels } from '../support/model-servers.ts';
import { spawnServer, type TestServer } from '../support/server.ts';

const spawnWithCard = (fault: string) =>
  spawnServer({
    env: {
      ...tinyModels({ MEMORY_MCP_RERANKER_MODEL: 'none' }),
      ...beforeInference(playedCard(fault)),
      MEMORY_MCP_EMBEDDINGS_DEVICE: 'cuda',
      MEMORY_MCP_INFERENCE: 'own',
    },
  });

const withDevice = z.looseObject({ recall: z.looseObject({ device: z.string().optional() }) });

/** What both places say. */
async function devicesOf(server: TestServer): Promise<unknown[]> {
  const context = withDevice.parse((await server.call('get_context')).structured);
  const { contents } = await server.client.readResource({ uri: 'memory://info' });
  const [info] = contents;
  const parsed = withDevice.parse(JSON.parse(info !== undefined && 'text' in info ? String(info.text) : ''));
  return [context.recall.device, parsed.recall.device];
}

describe('the device of the model', () => {
  it('is the card in get_context and memory://info while that serves', async () => {
    const server = await spawnWithCard('');
    const { key } = await server.create('苺のアレルギーがある');
    expect((await searchInFull(server, '苺', { mode: 'semantic' })).results[0]?.key).toBe(key);
    expect(await devicesOf(server)).toEqual(['cuda', 'cuda']);
    expect(server.stderr()).not.toContain('cpu is used');
  });

  it('is the CPU from the run on that has failed, which one warning says, and no search is degraded', async () => {
    const broken = join(folderOfTest(), 'broken');
    const server = await spawnWithCard(`
      if (require('node:fs').existsSync(${JSON.stringify(broken)})) throw new Error('CUDA failure 700: an illegal memory access');
    `);
    const { key } = await server.create('苺のアレルギーがある');
    await searchInFull(server, '苺', { mode: 'semantic' });
    expect(await devicesOf(server)).toEqual(['cuda', 'cuda']);
    writeFileSync(broken, '');
    for (const query of ['桃', '苺の季節', 'アレルギー']) {
      const reply = await server.search(query, { mode: 'semantic' });
      expect(reply).toMatchObject({ mode: 'semantic', results: [{ key }] });
      expect(reply.degraded_reason).toBeUndefined();
    }
    expect(await devicesOf(server)).toEqual(['cpu', 'cpu']);
    expect(server.stderr().match(/cuda failed, so cpu is used: .*illegal memory access/g)).toHaveLength(1);
  });
});
