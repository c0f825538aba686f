/** Filters and deletions never take the place of results: they hide memories, and use up nothing of what is looked for. */
import { describe, expect, it } from 'vitest';
import type { ForeignMemory, MemoryFilter } from '../../../src/core/memory.ts';
import { prepareQueryFor, searchWords } from '../../../src/search/lexical-search.ts';
import type { MemoryStore } from '../../../src/store/memory-store.ts';
import { live, openTestStore } from '../../support/stores.ts';

const wanted = '会議室の鍵は受付にある';

/** Minutes of as many meetings, and in the middle the one memory that says where the key is. */
async function storeOf(
  minutes: number,
  changes: (at: number) => Partial<ForeignMemory> = () => ({}),
): Promise<MemoryStore> {
  const store = await openTestStore();
  const memory = (at: number): ForeignMemory => {
    const time = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString();
    const isWanted = at === Math.floor(minutes / 2);
    return {
      key: `memory_${at}`,
      content: isWanted ? wanted : `定例会議の議事録 第${at}回`,
      tags: isWanted ? ['鍵'] : ['議事録'],
      importance: isWanted ? 0.9 : 0.5,
      emotion: isWanted ? 'joy' : undefined,
      created_at: isWanted ? '2025-06-01T00:00:00.000Z' : time,
      updated_at: time,
      source: 'test',
      version: 1,
      pinned: false,
      access_count: 0,
      ...(isWanted ? {} : changes(at)),
    };
  };
  for (let from = 0; from <= minutes; from += 1_000) {
    const batch = Array.from({ length: Math.min(1_000, minutes + 1 - from) }, (_, index) => memory(from + index));
    await store.memories.importAll(batch, '2026-06-01T00:00:00.000Z');
  }
  return store;
}

function find(store: MemoryStore, query: string, filter: MemoryFilter): string[] {
  return searchWords(store, prepareQueryFor(store, query), filter).map(({ memory }) => memory.content);
}

const filters: Readonly<Record<string, MemoryFilter>> = {
  tags: { ...live, tags: ['鍵'] },
  'all tags': { ...live, tags: ['鍵'], tagMatch: 'all' },
  'a time': { ...live, happenedBefore: '2025-12-31' },
  importance: { ...live, minImportance: 0.8 },
  emotion: { ...live, states: { emotion: 'JOY' } },
  'deleted ones too': { deleted: 'include', tags: ['鍵'] },
};

describe.each([400, 4_000])('behind a filter, of %i memories', (minutes) => {
  it('the one that holds a part of the question is found', async () => {
    const store = await storeOf(minutes);
    for (const [name, filter] of Object.entries(filters)) {
      for (const query of ['定例会議', '定例会議の議事録', '会議']) {
        expect([name, query, find(store, query, filter)]).toEqual([name, query, [wanted]]);
      }
    }
    // Without a filter it stands behind what holds the whole word.
    expect(find(store, '定例会議', live)).not.toContain(wanted);
  });

  it('it is found where the filter lets many others through that hold no word', async () => {
    const other = (at: number) => (at % 2 === 0 ? { content: `買い物 ${at}`, tags: ['鍵'] } : {});
    const store = await storeOf(minutes, other);
    expect(find(store, '定例会議', { ...live, tags: ['鍵'] })).toEqual([wanted]);
  });
});

describe('deleted memories', () => {
  it('take no place of those that are there', async () => {
    const store = await storeOf(2_500, () => ({ deleted_at: '2026-05-01T00:00:00.000Z' }));
    expect(find(store, '定例会議', live)).toEqual([wanted]);
    expect(find(store, '定例会議の議事録', live)).toEqual([wanted]);
  });

  it('are found where they alone are asked for', async () => {
    const store = await storeOf(2_500);
    const [key] = store.memories.list({ filter: { ...live, tags: ['鍵'] }, order: 'newest', limit: 1 });
    await store.memories.softDelete([key?.key ?? ''], '2026-05-01T00:00:00.000Z');
    expect(find(store, '定例会議', { deleted: 'only' })).toEqual([wanted]);
  });
});
