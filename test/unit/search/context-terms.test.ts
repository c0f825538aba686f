import { describe, expect, it } from 'vitest';
import { findContextTerms } from '../../../src/search/context-terms.ts';
import { prepareQueryFor, searchWords } from '../../../src/search/lexical-search.ts';
import type { MemoryStore } from '../../../src/store/memory-store.ts';
import { draft, live, openTestStore } from '../../support/stores.ts';

function minute(at: number): string {
  return new Date(Date.UTC(2026, 10, 24, 9, at)).toISOString();
}

/** The share lent to the memory with this text, for a question. */
function sharesOf(store: MemoryStore, query: string, content: string): number | undefined {
  const question = prepareQueryFor(store, query);
  const hits = searchWords(store, question, live);
  const wanted = hits.find(({ memory }) => memory.content === content);
  return wanted && findContextTerms(store, question, { best: hits, candidates: hits }).get(wanted.memory.id);
}

const question = 'ヴェネツィア旅行で買った絵の値段';
const answer = '絵は三万円だった';

async function storeWith(...memories: readonly (readonly [content: string, minute: number])[]): Promise<MemoryStore> {
  const store = await openTestStore();
  for (const [content, at] of memories) await store.memories.create(draft(content, { created_at: minute(at) }));
  return store;
}

describe('the words said just before a memory', () => {
  it('count where they are missing in it, from the two before it', async () => {
    const store = await storeWith(['ヴェネツィア旅行の話をした', 0], ['天気が良かった', 1], [answer, 2]);
    expect(sharesOf(store, question, answer)).toBeGreaterThan(0.2);
    const farther = await storeWith(
      ['ヴェネツィア旅行の話をした', 0],
      ['天気が良かった', 1],
      ['猫が鳴いた', 2],
      [answer, 3],
    );
    expect(sharesOf(farther, question, answer)).toBe(0);
  });

  it('count from a memory that is no candidate, too', async () => {
    const store = await storeWith(['ヴェネツィア旅行の話をした', 0], [answer, 1]);
    const prepared = prepareQueryFor(store, question);
    const only = searchWords(store, prepared, live).filter(({ memory }) => memory.content === answer);
    const shares = findContextTerms(store, prepared, { best: only, candidates: only });
    expect([...shares.values()]).toEqual([sharesOf(store, question, answer)]);
    expect(sharesOf(store, question, answer)).toBeGreaterThan(0.2);
  });

  it('do not count twice if the memory holds them itself', async () => {
    const store = await storeWith(['絵を見た', 0], [answer, 1]);
    expect(sharesOf(store, '絵', answer)).toBe(0);
  });

  it('do not count from a memory after it, nor from another sitting', async () => {
    const after = await storeWith([answer, 0], ['ヴェネツィア旅行の話をした', 1]);
    expect(sharesOf(after, question, answer)).toBe(0);
    const yesterday = await storeWith(['ヴェネツィア旅行の話をした', 0], [answer, 45]);
    expect(sharesOf(yesterday, question, answer)).toBe(0);
  });

  it('do not count from a deleted memory', async () => {
    const store = await storeWith(['ヴェネツィア旅行の話をした', 0], [answer, 1]);
    const [told] = store.memories.list({ filter: live, order: 'oldest', limit: 1 });
    await store.memories.softDelete([told?.key ?? ''], minute(2));
    expect(sharesOf(store, question, answer)).toBe(0);
  });
});
