import { expect, it } from 'vitest';
import { memoryKeyAt } from '../../../src/core/memory-key.ts';
import { searchMemories } from '../../../src/search/search.ts';
import { searchable } from '../../support/searchable.ts';
import { draft, live, now } from '../../support/stores.ts';

const options = {
  query: '苺',
  mode: 'hybrid',
  filter: live,
  limit: 10,
  detail: 'concise',
  cursorScope: '苺',
} as const;

it('a memory that is deleted or erased while its search waits for the model is not shown', async () => {
  const { workspace, scope } = await searchable();
  const deleted = await workspace.add('苺のアレルギーがある');
  const erased = await workspace.add('苺のケーキを焼いた');
  const kept = await workspace.add('苺の畑に行った');
  const embedder = workspace.servingEmbedder();
  let tellGone = () => {};
  const gone = new Promise<void>((resolve) => {
    tellGone = resolve;
  });
  let tellLookedUp = () => {};
  const lookedUp = new Promise<void>((resolve) => {
    tellLookedUp = resolve;
  });
  const { fullText } = workspace.store;
  const postings: typeof fullText.postings = (...query) => {
    const found = fullText.postings(...query);
    tellLookedUp();
    return found;
  };
  const store = { ...workspace.store, fullText: { ...fullText, postings } };
  const slow = { ...embedder, embedQuery: (text: string) => gone.then(() => embedder.embedQuery(text)) };
  const search = searchMemories({ ...scope, workspace: { ...workspace, store, servingEmbedder: () => slow } }, options);
  await lookedUp;
  await workspace.store.memories.softDelete([deleted.key, erased.key], now);
  await workspace.store.erasure.erase([erased.key]);
  tellGone();
  const { results } = await search;
  expect(results.map(({ key }) => key)).toEqual([kept.key]);
});

it('a narrow filter finds all that pass it, though more memories than a search looks at lie nearer', async () => {
  const { workspace, scope } = await searchable();
  const { store } = workspace;
  for (let count = 0; count < 110; count++) await workspace.add(`苺のアレルギーがある ${count}`);
  const keys: string[] = [];
  for (const content of ['京都で犬を飼い始めた', 'The meeting moved to Thursday', '海まで走った']) {
    const { memory } = await store.memories.create(
      draft(content, { tags: ['few'], key: memoryKeyAt(new Date(), 'UTC') }),
    );
    await workspace.embeddingScheduler.embed(memory);
    keys.push(memory.key);
  }
  const filter = { ...live, tags: ['few'] };
  for (const mode of ['semantic', 'hybrid'] as const) {
    const options = { query: '苺のアレルギー', mode, filter, limit: 10, detail: 'concise', cursorScope: '苺' } as const;
    const { results, total } = await searchMemories(scope, options);
    expect([mode, total, results.map(({ key }) => key).toSorted()]).toEqual([mode, 3, keys.toSorted()]);
  }
});

it('a search whose caller has gone ends with its wait for the model, which is told so', async () => {
  const { workspace, scope } = await searchable();
  await workspace.add('苺のアレルギーがある');
  const leaving = new AbortController();
  const embedder = workspace.servingEmbedder();
  const told: (AbortSignal | undefined)[] = [];
  const hanging: typeof embedder = {
    ...embedder,
    embedQuery: (_, options) => {
      told.push(options?.signal);
      leaving.abort(new Error('the caller has gone'));
      return Promise.reject(new Error('the caller has gone'));
    },
  };
  const search = searchMemories(
    { ...scope, signal: leaving.signal, workspace: { ...workspace, servingEmbedder: () => hanging } },
    options,
  );
  await expect(search).rejects.toMatchObject({ code: 'busy', message: expect.stringContaining('cancelled') });
  expect(told.some((signal) => signal === leaving.signal)).toBe(true);
});

it('a reranker is told when the caller of its search goes', async () => {
  const { workspace, scope } = await searchable();
  for (const text of ['苺のアレルギーがある', '苺のケーキを焼いた', '苺の畑に行った']) await workspace.add(text);
  const leaving = new AbortController();
  const told: (AbortSignal | undefined)[] = [];
  const reranker: typeof workspace.models.reranker = {
    languages: undefined,
    status: () => ({ state: 'ready', model: 'reader' }),
    score: (_query, _texts, { signal } = {}) => {
      told.push(signal);
      leaving.abort(new Error('the caller has gone'));
      return Promise.reject(new Error('the caller has gone'));
    },
  };
  const models = { ...workspace.models, reranker };
  const search = searchMemories({ ...scope, signal: leaving.signal, workspace: { ...workspace, models } }, options);
  await expect(search).rejects.toMatchObject({ code: 'busy', message: expect.stringContaining('cancelled') });
  expect(told).toHaveLength(1);
  expect(told[0]?.aborted).toBe(true);
});
