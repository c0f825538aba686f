/** Counts over the live memories. */
import { expect, it } from 'vitest';
import { draft, now, openTestStore } from '../../support/stores.ts';

it('an empty store has nothing to count', async () => {
  const { statistics } = await openTestStore();
  expect(await statistics.collect({ top: 5, since: '' })).toEqual({
    memories: 0,
    characters: 0,
    deleted: 0,
    pinned: 0,
    tags: [],
    emotions: [],
    createdSince: [],
  });
});

it('live memories are counted, with their tags and emotions however these are written', async () => {
  const { memories, statistics } = await openTestStore();
  const at = (day: string) => `2026-11-${day}T00:00:00.000Z`;
  const created = [];
  for (const item of [
    draft('12345', { tags: ['Food', 'x'], emotion: 'joy', created_at: at('20') }),
    draft('苺', { tags: ['food'], emotion: 'Joy', created_at: at('19') }),
    draft('𠮷', { tags: ['food'], emotion: 'anger', created_at: at('21') }),
    draft('deleted', { tags: ['x'], emotion: 'anger', created_at: at('01') }),
  ]) {
    created.push((await memories.create(item)).memory.key);
  }
  await memories.setPinned(created[0] ?? '', true, now);
  await memories.setPinned(created[3] ?? '', true, now);
  await memories.softDelete(created.slice(3), now);
  expect(await statistics.collect({ top: 1, since: at('20') })).toEqual({
    memories: 3,
    characters: 7,
    deleted: 1,
    pinned: 1,
    oldest: at('19'),
    newest: at('21'),
    tags: [{ name: 'Food', count: 3 }],
    emotions: [{ name: 'Joy', count: 2 }],
    createdSince: [at('20'), at('21')],
  });
  expect((await statistics.collect({ top: 5, since: at('20') })).tags).toEqual([
    { name: 'Food', count: 3 },
    { name: 'x', count: 1 },
  ]);
});
