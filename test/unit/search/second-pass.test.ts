import { describe, expect, it } from 'vitest';
import { prepareQueryFor, searchWords } from '../../../src/search/lexical-search.ts';
import { runSecondPass } from '../../../src/search/second-pass.ts';
import { draft, live, now, openTestStore } from '../../support/stores.ts';

const asked = 'pottery course price';

describe('the second pass', () => {
  it('measures proximity and context terms of the best fifty candidates, and nothing of the others', async () => {
    const store = await openTestStore();
    for (let number = 0; number < 60; number++) await store.memories.create(draft(`price of thing ${number}`));
    await store.memories.create(draft('the pottery course price'));
    const question = prepareQueryFor(store, asked);
    const looked = runSecondPass(
      store,
      { queryText: asked, query: question, examined: 50 },
      searchWords(store, question, live),
    );
    expect(looked).toHaveLength(61);
    expect(looked[0]?.proximity).toBeGreaterThan(0);
    expect(looked.slice(1, 50).every(({ proximity, preceding }) => proximity === 0 && preceding === 0)).toBe(true);
    expect(
      looked.slice(50).every(({ proximity, preceding }) => proximity === undefined && preceding === undefined),
    ).toBe(true);
  });

  it('finds a phrase, and the subject named before it, across a gap that erasure left', async () => {
    const store = await openTestStore();
    for (let number = 0; number < 9; number++) await store.memories.create(draft(`price of thing ${number}`));
    await store.memories.create(draft('Alice took a pottery course', { key: 'memory_subject' }));
    await store.memories.create(draft('nothing', { key: 'memory_gone' }));
    await store.memories.create(draft('the price was high', { key: 'memory_answer' }));
    await store.memories.softDelete(['memory_gone'], now);
    await store.erasure.erase(['memory_gone']);
    const question = prepareQueryFor(store, asked);
    const looked = runSecondPass(
      store,
      { queryText: asked, query: question, examined: 50 },
      searchWords(store, question, live),
    );
    const of = (content: string) => looked.find(({ memory }) => memory.content === content);
    expect(of('Alice took a pottery course')?.proximity).toBeGreaterThan(0);
    expect(of('the price was high')?.preceding).toBeGreaterThan(0.3);
  });
});
