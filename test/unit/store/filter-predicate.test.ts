/** One predicate in every path: the same filter lets the same memories through lists, counts, words and vectors. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { MemoryFilter } from '../../../src/core/memory.ts';
import type { MemoryStore } from '../../../src/store/memory-store.ts';
import { openMemoryStore } from '../../../src/store/memory-store.ts';
import { draft } from '../../support/stores.ts';

const space = { id: 'test', dimensions: 2 };
let store: MemoryStore;

beforeAll(async () => {
  store = await openMemoryStore({ persona: 'tester', busyTimeout: 100 });
  const { memories, vectors } = store;
  const day = (date: string) => `2026-${date}T12:00:00.000Z`;
  const drafts = [
    draft('word one', { tags: ['Food', '飲み物'], created_at: day('01-01'), importance: 0.9, emotion: 'Joy' }),
    draft('word two', { tags: ['food'], created_at: day('02-01'), importance: 0.5, emotion: 'ｊｏｙ' }),
    draft('word three', { tags: ['飲み物', 'x'], created_at: day('03-01'), importance: 0.2, environment: '自宅' }),
    draft('word four', { created_at: day('04-01'), importance: 0.7, source: 'Claude', mental_state: 'calm' }),
    draft('word five', { tags: ['food', '飲み物', 'x'], created_at: day('05-01'), importance: 0.9 }),
  ];
  for (const item of drafts) {
    const { memory } = await memories.create(item);
    await vectors.put(memory, space, [Float32Array.of(1, 0), Float32Array.of(0, 1)]);
  }
  const fifth = memories.list({
    filter: { deleted: 'exclude', happenedFrom: day('05-01') },
    order: 'newest',
    limit: 1,
  });
  await memories.softDelete([fifth[0]?.key ?? ''], day('06-01'));
});

/** The words that the filter lets through, as each path sees them. */
function seenBy(filter: MemoryFilter) {
  const words = (ids: readonly number[]) =>
    [...store.memories.byIds(ids).values()].map(({ content }) => content.slice(5)).sort();
  const list = (order: 'newest' | 'oldest') => store.memories.list({ filter, order, limit: 10 }).map(({ id }) => id);
  const all = store.vectors.page(space, 0, 100).vectors;
  const passing = store.vectors.idsMatching(filter, space);
  const vectorOwners = all.filter(({ id }) => passing?.has(id) ?? true).map(({ memoryId }) => memoryId);
  expect(list('newest')).toEqual(list('oldest').toReversed());
  expect(vectorOwners).toHaveLength(2 * new Set(vectorOwners).size);
  return {
    list: words(list('newest')),
    count: store.memories.count(filter),
    words: words(store.fullText.postings({ text: 'word', prefix: false, weight: 1 }, filter, 10)),
    vectors: words([...new Set(vectorOwners)]),
  };
}

describe('a filter', () => {
  const live = { deleted: 'exclude' } as const;
  it.each<[string, MemoryFilter, string[]]>([
    ['none', live, ['one', 'two', 'three', 'four']],
    ['deleted ones too', { deleted: 'include' }, ['one', 'two', 'three', 'four', 'five']],
    ['deleted ones only', { deleted: 'only' }, ['five']],
    ['a tag, in any case and width', { ...live, tags: ['ＦＯＯＤ'] }, ['one', 'two']],
    ['any of two tags', { ...live, tags: ['food', 'x'], tagMatch: 'any' }, ['one', 'two', 'three']],
    ['all of two tags', { ...live, tags: ['food', '飲み物'], tagMatch: 'all' }, ['one']],
    ['all of a tag given twice', { ...live, tags: ['food', 'FOOD'], tagMatch: 'all' }, ['one', 'two']],
    ['all tags, deleted ones too', { deleted: 'include', tags: ['food', 'x'], tagMatch: 'all' }, ['five']],
    ['a tag that nobody has', { ...live, tags: ['none'] }, []],
    ['an empty list of tags', { ...live, tags: [] }, ['one', 'two', 'three', 'four']],
    ['from a moment on, it included', { ...live, happenedFrom: '2026-03-01T12:00:00.000Z' }, ['three', 'four']],
    ['before a moment, it excluded', { ...live, happenedBefore: '2026-03-01T12:00:00.000Z' }, ['one', 'two']],
    [
      'between two moments',
      { ...live, happenedFrom: '2026-02-01T00:00:00.000Z', happenedBefore: '2026-03-02T00:00:00.000Z' },
      ['two', 'three'],
    ],
    ['an importance, it included', { ...live, minImportance: 0.7 }, ['one', 'four']],
    ['importance 0', { ...live, minImportance: 0 }, ['one', 'two', 'three', 'four']],
    ['an emotion, in any case and width', { ...live, states: { emotion: 'JOY' } }, ['one', 'two']],
    ['a state', { ...live, states: { environment: '自宅' } }, ['three']],
    ['a source', { ...live, states: { source: 'claude' } }, ['four']],
    ['states that no memory has together', { ...live, states: { source: 'claude', emotion: 'joy' } }, []],
    ['everything at once', { ...live, tags: ['food'], minImportance: 0.6, states: { emotion: 'joy' } }, ['one']],
    ['SQL in a value', { ...live, tags: ["x') OR 1=1 --"], states: { emotion: "' OR '1'='1" } }, []],
  ])('%s', (_, filter, expected) => {
    const names = expected.toSorted();
    expect(seenBy(filter)).toEqual({ list: names, count: names.length, words: names, vectors: names });
  });
});

it('a list goes on where a page ended, in both directions, and new memories do not shift it', async () => {
  const filter = { deleted: 'include' } as const;
  for (const order of ['newest', 'oldest'] as const) {
    const whole = store.memories.list({ filter, order, limit: 100 }).map(({ id }) => id);
    const pages: number[] = [];
    for (let after: number | undefined; ; after = pages.at(-1)) {
      const page = store.memories.list({ filter, order, after, limit: 2 }).map(({ id }) => id);
      if (page.length === 0) break;
      pages.push(...page);
    }
    expect(pages).toEqual(whole);
  }
});
