import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { rankMemories } from '../../../src/service/ranked-list.ts';
import { createHashEmbedder } from '../../support/hash-embedder.ts';
import { live } from '../../support/stores.ts';
import { openTestWorkspace } from '../../support/workspace.ts';

/** What a search says it waited for where the model and the index take so many seconds. */
async function waitedFor({ model, index }: { model: number; index: number }): Promise<string | undefined> {
  let milliseconds = 0;
  const dataFolder = mkdtempSync(join(tmpdir(), 'memory-mcp-ranked-'));
  onTestFinished(() => rmSync(dataFolder, { recursive: true, force: true }));
  const embedder = createHashEmbedder({ name: 'hash' });
  const workspace = await openTestWorkspace({ dataFolder, embedder });
  onTestFinished(() => workspace.close());
  await workspace.add('苺のアレルギーがある');
  await workspace.modelFitness.ensure(embedder);
  const slow = {
    ...embedder,
    embedQuery: (text: string) => {
      milliseconds += 1_000 * model;
      return embedder.embedQuery(text);
    },
  };
  const projection = {
    ...workspace.projection,
    synced: () => {
      milliseconds += 1_000 * index;
      return workspace.projection.synced();
    },
  };
  const list = await rankMemories(
    {
      workspace: { ...workspace, servingEmbedder: () => slow, projection },
      settings: { timezone: 'UTC', reranker_top_n: 5, rerank_candidates: 5, recent_memories_count: 5 },
      backups: dataFolder,
      caller: { source: 'test', readOnly: true },
      clock: { ...systemClock, monotonic: () => milliseconds },
      logger: silentLogger,
    },
    { query: '苺' },
    'hybrid',
    live,
  );
  expect(list.mode).toBe('hybrid');
  return list.waited;
}

describe('a search names what kept it waiting', () => {
  it('the model, the index, or each of them', async () => {
    expect(await waitedFor({ model: 0.7, index: 0 })).toBe('the model hash, 0.7 s');
    expect(await waitedFor({ model: 0.05, index: 0.4 })).toBe('the vector index, 0.4 s');
    expect(await waitedFor({ model: 0.2, index: 0.2 })).toBe('the model hash, 0.2 s; the vector index, 0.2 s');
  });

  it('nothing where nobody would notice', async () => {
    expect(await waitedFor({ model: 0.14, index: 0.14 })).toBeUndefined();
  });
});
