import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { disabledEmbedder } from '../../../src/model/disabled-embedder.ts';
import { type RecallMode, rankMemories } from '../../../src/search/ranked-list.ts';
import { searchable } from '../../support/searchable.ts';
import { live } from '../../support/stores.ts';

/** What a search says it waited for where the model and the index take so many seconds. */
async function waitedFor({ model, index }: { model: number; index: number }): Promise<string | undefined> {
  let milliseconds = 0;
  const { workspace, scope } = await searchable();
  await workspace.add('苺のアレルギーがある');
  const embedder = workspace.servingEmbedder();
  await workspace.modelEvaluation.measureOnce(embedder);
  const slow = {
    ...embedder,
    embedQuery: (text: string) => {
      milliseconds += 1_000 * model;
      return embedder.embedQuery(text);
    },
  };
  const vectorSearch: typeof workspace.vectorSearch = {
    ...workspace.vectorSearch,
    nearest: (query) => {
      milliseconds += 1_000 * index;
      return workspace.vectorSearch.nearest(query);
    },
  };
  const list = await rankMemories(
    {
      ...scope,
      workspace: { ...workspace, servingEmbedder: () => slow, vectorSearch },
      clock: { ...systemClock, monotonic: () => milliseconds },
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

  it('nothing for an unnoticeable wait', async () => {
    expect(await waitedFor({ model: 0.14, index: 0.14 })).toBeUndefined();
  });
});

describe('what is near a memory', () => {
  it('is not a memory that was merely written after it', async () => {
    const { workspace, scope } = await searchable();
    await workspace.add('The pottery class in Venice was a gift');
    await workspace.add('Dentist at nine');
    await workspace.add('Bob likes tennis');
    await workspace.add('A class in Venice is dear, Marta said');
    const [memory] = workspace.store.memories.list({ filter: live, order: 'oldest', limit: 1 });
    if (memory === undefined) throw new Error('nothing was stored');
    const { memories } = await rankMemories(scope, { memory }, 'keyword', live);
    expect(memories.map((one) => one.memory.content)).toEqual(['A class in Venice is dear, Marta said']);
    const hybrid = await rankMemories(scope, { memory }, 'hybrid', live);
    expect(hybrid.memories[0]?.memory.content).toBe('A class in Venice is dear, Marta said');
  });
});

describe('a search whose vectors cannot be read', () => {
  it('answers by words and says why', async () => {
    const { workspace, scope } = await searchable();
    await workspace.add('苺のアレルギーがある');
    const [memory] = workspace.store.memories.list({ filter: live, order: 'oldest', limit: 1 });
    if (memory === undefined) throw new Error('nothing was stored');
    const broken = () => {
      throw new Error('disk I/O error');
    };
    const store = { ...workspace.store, vectors: { ...workspace.store.vectors, currentSpace: broken } };
    const list = await rankMemories({ ...scope, workspace: { ...workspace, store } }, { memory }, 'hybrid', live);
    expect(list).toMatchObject({ mode: 'keyword', degraded: expect.stringContaining('disk I/O error') });
  });
});

describe('a search that its caller cancels', () => {
  it('ends at once, and the model is told', async () => {
    const { workspace, scope } = await searchable();
    await workspace.add('苺のアレルギーがある');
    const caller = new AbortController();
    let told = false;
    const embedder = workspace.servingEmbedder();
    const slow: typeof embedder = {
      ...embedder,
      embedQuery: (_text, options) =>
        new Promise((_, reject) => {
          options?.signal?.addEventListener('abort', () => {
            told = true;
            reject(options.signal?.reason);
          });
        }),
    };
    const waiting = { ...workspace, servingEmbedder: () => slow };
    const search = rankMemories(
      { ...scope, workspace: waiting, signal: caller.signal },
      { query: '苺' },
      'hybrid',
      live,
    );
    caller.abort();
    await expect(search).rejects.toThrow('cancelled by its caller');
    expect(told).toBe(true);
  });
});

describe('a search by meaning alone', () => {
  const question = '苺のアレルギー';

  it('does not count words, which one by words and meaning does', async () => {
    const { workspace, scope } = await searchable();
    await workspace.add('苺のアレルギーがある');
    const coverageIn = async (mode: RecallMode) =>
      (await rankMemories(scope, { query: question }, mode, live)).memories.map(({ coverage }) => coverage);
    expect(await coverageIn('semantic')).toEqual([0]);
    expect((await coverageIn('hybrid'))[0]).toBeGreaterThan(0.5);
  });

  it('without a model goes by words, and says so with the reason', async () => {
    const { workspace, scope } = await searchable();
    await workspace.add('苺のアレルギーがある');
    await workspace.add('京都で犬を飼い始めた');
    const without = { ...scope, workspace: { ...workspace, servingEmbedder: () => disabledEmbedder } };
    const list = await rankMemories(without, { query: question }, 'semantic', live);
    expect(list).toMatchObject({ mode: 'keyword', degraded: expect.stringContaining('No embedding model') });
    expect(list.memories.map(({ memory }) => memory.content)).toEqual(['苺のアレルギーがある']);
  });
});
