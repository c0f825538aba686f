/**
 * Filters through the front door: a memory behind a filter is found however many others the filter hides.
 */
import { expect, it } from 'vitest';
import { describeEachEra } from '../support/eras.ts';
import { spawnServer } from '../support/server.ts';

it('a tagged memory is found among 400 that hold the word of the question', async () => {
  const server = await spawnServer();
  await Promise.all(Array.from({ length: 400 }, (_, number) => server.create(`定例会議の議事録 第${number + 1}回`)));
  const { key } = await server.create('会議室の鍵は受付にある', { tags: ['鍵'] });

  expect((await server.search('定例会議', { tags: ['鍵'] })).results).toMatchObject([{ key }]);
});

describeEachEra('a filter that hides the answer', (spawn) => {
  it('says how many there are without it, and the nearest tags', async () => {
    const server = await spawn();
    const { key } = await server.create('葵は苺のアレルギーがある', { tags: ['allergy', '健康'] });
    await server.create('犬の名前はポチ', { tags: ['pets'] });

    const hidden = await server.call('memory_search', { query: '苺のアレルギー', tags: ['allergies'] });
    expect(hidden.structured).toMatchObject({
      results: [],
      total: 0,
      strength: 'weak',
      without_filters: 1,
      nearest_tags: ['allergy'],
    });
    const other = await server.call('memory_search', { query: '苺のアレルギー', tags: ['pets'] });
    expect(other.structured).toMatchObject({ without_filters: 1, nearest_tags: ['allergy', '健康'] });
    for (const filter of [{ date_range: '2020' }, { min_importance: 0.9 }, { emotion: 'joy' }]) {
      const { structured } = await server.call('memory_search', { query: '苺のアレルギー', ...filter });
      expect(structured).toMatchObject({ results: [], strength: 'weak', without_filters: 1 });
      expect(structured).not.toHaveProperty('nearest_tags');
    }

    const found = await server.call('memory_search', { query: '苺のアレルギー', tags: ['健康'] });
    expect(found.structured).toMatchObject({ results: [{ key }], total: 1 });
    expect(found.structured).not.toHaveProperty('without_filters');
  });

  it('says nothing where there is no answer without it either', async () => {
    const server = await spawn();
    await server.create('I have two cats', { tags: ['pets'] });
    const { structured } = await server.call('memory_search', { query: 'quantum physics', tags: ['work'] });
    expect(structured).toMatchObject({ results: [], strength: 'none' });
    expect(structured).not.toHaveProperty('without_filters');
  });

  it('says so in a list too', async () => {
    const server = await spawn();
    await server.create('x', { tags: ['work'] });
    expect((await server.call('memory_list', { tags: ['worked'] })).structured).toEqual({
      memories: [],
      total: 0,
      without_filters: 1,
      nearest_tags: ['work'],
    });
    expect((await server.call('memory_list', { tags: ['work'] })).structured).not.toHaveProperty('without_filters');
  });
});

describeEachEra('the states of the moment', (spawn) => {
  it('are filters of memory_search and memory_list, ignoring case and width', async () => {
    const server = await spawn();
    const states = {
      emotion: 'joy',
      physical_state: 'tired',
      mental_state: 'calm',
      environment: '自宅',
      relationship_status: 'friends',
      action_tag: 'cooking',
    };
    const { key } = await server.create('カレーを作った', states);
    await server.create('カレーを食べた');
    for (const [name, value] of Object.entries(states)) {
      const filter = { [name]: value.toUpperCase() };
      expect((await server.list(filter)).memories.map((memory) => memory.key)).toEqual([key]);
      expect((await server.search('カレー', filter)).results.map((hit) => hit.key)).toEqual([key]);
      expect((await server.list({ [name]: 'other' })).total).toBe(0);
    }
  });
});
