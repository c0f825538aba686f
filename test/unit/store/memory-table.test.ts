/** What the rows of a store keep true: keys, identical texts, versions, hiding and bringing back. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hashContent } from '../../../src/store/memory-rows.ts';
import { openConnection } from '../../../src/store/sqlite/connection.ts';
import { draft, failureOf, live, now, openTestStore, testFolder } from '../../support/stores.ts';

const later = '2026-11-24T01:00:00.000Z';

describe('the key of a new memory', () => {
  it('is the one of its moment, then numbered, with a third digit after 99', async () => {
    const { memories } = await openTestStore();
    const keys: string[] = [];
    for (let index = 0; index < 102; index++) keys.push((await memories.create(draft(`memory ${index}`))).memory.key);
    expect(keys[0]).toBe('memory_20261124093000');
    expect(keys[1]).toBe('memory_20261124093000_01');
    expect(keys.slice(99)).toEqual([
      'memory_20261124093000_99',
      'memory_20261124093000_100',
      'memory_20261124093000_101',
    ]);
    expect(memories.list({ filter: live, order: 'oldest', limit: 200 }).map(({ key }) => key)).toEqual(keys);
  });

  it.each([
    ['a numbered key', 'memory_20261124093000_01', 'memory_20261124093000_02'],
    ['a key with another ending', 'memory_20261124093000_merged', 'memory_20261124093000_01'],
    ['a key that only looks like a number', 'memory_20261124093000_1e3', 'memory_20261124093000_01'],
    ['a key without its underline', 'memory_2026112409300012', 'memory_20261124093000_01'],
  ])('never collides with an imported one: %s', async (_, imported, expected) => {
    const { memories } = await openTestStore();
    await memories.create(draft('the plain key'));
    await memories.create(draft('imported', { key: imported }));
    expect((await memories.create(draft('new'))).memory.key).toBe(expected);
    expect((await memories.create(draft('newer'))).created).toBe(true);
  });

  it('fills a gap that an imported key left ahead of its time', async () => {
    const { memories } = await openTestStore();
    await memories.create(draft('imported', { key: 'memory_20261124093000_02' }));
    await memories.create(draft('other second', { key: 'memory_20261124093001' }));
    const keys = [];
    for (let index = 0; index < 4; index++) keys.push((await memories.create(draft(`m${index}`))).memory.key);
    expect(keys).toEqual([
      'memory_20261124093000',
      'memory_20261124093000_01',
      'memory_20261124093000_03',
      'memory_20261124093000_04',
    ]);
  });

  it('says nothing about order: that comes from the id', async () => {
    const { memories } = await openTestStore();
    await memories.create(draft('first', { key: 'memory_20261124093000', created_at: '2026-11-24T00:30:00.000Z' }));
    await memories.create(draft('second', { key: 'memory_20200101000000', created_at: '2020-01-01T00:00:00.000Z' }));
    const listed = memories.list({ filter: live, order: 'newest', limit: 10 });
    expect(listed.map(({ content }) => content)).toEqual(['second', 'first']);
  });

  it('is given to no other memory after an erasure, and neither is the id', async () => {
    const { memories, erasure } = await openTestStore();
    const first = await memories.create(draft('first'));
    await erasure.erase([first.memory.key]);
    const second = await memories.create(draft('second'));
    expect(second.memory.key).toBe(`${first.memory.key}_01`);
    expect(second.memory.id).toBeGreaterThan(first.memory.id);
  });
});

describe('an identical text', () => {
  it.each([
    ['as it is', '苺が好き\n二行目', '苺が好き\n二行目'],
    ['with space around it', '苺が好き', '  苺が好き\n'],
    ['with other line ends', '苺が好き\n二行目', '苺が好き\r\n二行目'],
    ['with composed characters taken apart', 'パン屋', 'ハ\u309aン屋'],
  ])('is not stored twice: %s', async (_, one, other) => {
    const { memories } = await openTestStore();
    const first = await memories.create(draft(one));
    const second = await memories.create(draft(other));
    expect(second.created).toBe(false);
    expect(second.memory).toEqual(first.memory);
    expect(memories.count(live)).toBe(1);
  });

  it.each([
    ['10²', '102'],
    ['ＡＢＣ', 'ABC'],
    ['Tea', 'tea'],
  ])('is not what only looks alike: %s and %s', async (one, other) => {
    const { memories } = await openTestStore();
    await memories.create(draft(one));
    expect((await memories.create(draft(other))).created).toBe(true);
    expect(hashContent(one)).not.toBe(hashContent(other));
  });

  it('unites its tags and changes nothing else', async () => {
    const { memories } = await openTestStore();
    const first = await memories.create(draft('tea', { tags: ['Food', '飲み物'], emotion: 'joy', importance: 0.9 }));
    const again = draft('tea', {
      tags: ['ｆｏｏｄ', 'drink'],
      emotion: 'anger',
      importance: 0.1,
      source: 'other',
      created_at: later,
      key: 'memory_20261124100000',
    });
    const second = await memories.create(again);
    expect(second.memory).toEqual({ ...first.memory, tags: ['Food', '飲み物', 'drink'] });
    const tagged = (tag: string) => memories.count({ deleted: 'exclude', tags: [tag] });
    expect([tagged('FOOD'), tagged('飲み物'), tagged('Drink')]).toEqual([1, 1, 1]);
  });

  it('is refused if it would have too many tags', async () => {
    const { memories } = await openTestStore();
    const tags = (from: number, count: number) => Array.from({ length: count }, (_, index) => `tag${from + index}`);
    await memories.create(draft('tea', { tags: tags(0, 40) }));
    const failure = await failureOf(() => memories.create(draft('tea', { tags: tags(40, 11) })));
    expect(failure.code).toBe('invalid_input');
    expect(failure.message).toContain('51 tags');
    expect(memories.read('memory_20261124093000')?.tags).toHaveLength(40);
  });

  it('that was deleted is no duplicate', async () => {
    const { memories } = await openTestStore();
    const first = await memories.create(draft('tea'));
    await memories.softDelete([first.memory.key], later);
    const second = await memories.create(draft('tea'));
    expect(second.created).toBe(true);
    expect(second.memory.key).not.toBe(first.memory.key);
    // Brought back, both live; the older one is what a third one meets.
    await memories.restore(first.memory.key, undefined, later);
    expect((await memories.create(draft('tea'))).memory.key).toBe(first.memory.key);
  });

  it('is judged by the current text, not by earlier ones', async () => {
    const { memories } = await openTestStore();
    const { memory } = await memories.create(draft('tea'));
    await memories.update(memory.key, { content: 'coffee' }, { now: later });
    expect((await memories.create(draft('tea'))).created).toBe(true);
    expect((await memories.create(draft('coffee'))).memory.key).toBe(memory.key);
  });
});

describe('an update', () => {
  it('changes what is given, clears what is null, keeps the rest, and counts the version', async () => {
    const { memories } = await openTestStore();
    const { memory } = await memories.create(draft('tea', { tags: ['drink'], emotion: 'joy', environment: 'home' }));
    const changed = await memories.update(memory.key, { content: 'green tea', emotion: null }, { now: later });
    expect(changed).toEqual({ ...memory, content: 'green tea', emotion: undefined, updated_at: later, version: 2 });
    expect(memories.read(memory.key)).toEqual(changed);
  });

  it('that clears the importance sets it to the middle', async () => {
    const { memories } = await openTestStore();
    const { memory } = await memories.create(draft('tea', { importance: 0.9 }));
    const cleared = await memories.update(memory.key, { importance: null }, { now: later });
    expect(cleared.importance).toBe(0.5);
    expect(memories.read(memory.key)?.importance).toBe(0.5);
  });

  it('keeps every state that it replaced', async () => {
    const { memories } = await openTestStore();
    const { memory } = await memories.create(draft('one', { tags: ['a'], importance: 0.2 }));
    await memories.update(memory.key, { content: 'two', tags: ['b'] }, { now: later });
    await memories.update(memory.key, { importance: 1 }, { now: later });
    const versions = memories.versions(memory.key);
    expect(versions.map(({ version, fields }) => [version, fields.content, fields.tags, fields.importance])).toEqual([
      [1, 'one', ['a'], 0.2],
      [2, 'two', ['b'], 0.2],
    ]);
    expect(versions.every(({ replaced_at, replaced_by }) => replaced_at === later && replaced_by === 'update')).toBe(
      true,
    );
  });

  it('is refused where another version was expected, and nothing changes', async () => {
    const { memories } = await openTestStore();
    const { memory } = await memories.create(draft('one'));
    await memories.update(memory.key, { content: 'two' }, { now: later, expectedVersion: 1 });
    const failure = await failureOf(() =>
      memories.update(memory.key, { content: 'three' }, { now: later, expectedVersion: 1 }),
    );
    expect(failure.code).toBe('conflict');
    expect(failure.message).toContain('version 2, not 1');
    expect(memories.read(memory.key)).toMatchObject({ content: 'two', version: 2 });
    expect(memories.versions(memory.key)).toHaveLength(1);
  });

  it('of an unknown or a deleted memory is refused', async () => {
    const { memories } = await openTestStore();
    const { memory } = await memories.create(draft('one'));
    await memories.softDelete([memory.key], later);
    expect((await failureOf(() => memories.update('memory_x', {}, { now }))).code).toBe('not_found');
    const failure = await failureOf(() => memories.update(memory.key, { content: 'two' }, { now }));
    expect([failure.code, failure.hint]).toEqual(['conflict', expect.stringContaining('memory_restore')]);
  });
});

describe('a deleted memory', () => {
  it('is hidden, keeps its text, and comes back as it was', async () => {
    const { memories } = await openTestStore();
    const { memory } = await memories.create(draft('苺が好き', { tags: ['food'], emotion: 'joy' }));
    const [hidden] = await memories.softDelete([memory.key], later);
    expect(hidden).toMatchObject({ deleted_at: later, version: 2, content: '苺が好き' });
    expect(memories.list({ filter: live, order: 'newest', limit: 10 })).toEqual([]);
    expect(
      [live, { deleted: 'only' }, { deleted: 'include' }].map((filter) => memories.count(filter as never)),
    ).toEqual([0, 1, 1]);

    const restored = await memories.restore(memory.key, undefined, later);
    expect(restored).toEqual({ ...memory, version: 3, updated_at: later });
    expect(memories.count(live)).toBe(1);
    expect(memories.versions(memory.key).map(({ replaced_by }) => replaced_by)).toEqual(['delete', 'restore']);
  });

  it('stays as it is when it is deleted again, and unknown keys are left out', async () => {
    const { memories } = await openTestStore();
    const { memory } = await memories.create(draft('one'));
    await memories.softDelete([memory.key], later);
    const again = await memories.softDelete([memory.key, 'memory_unknown', memory.key], '2026-12-01T00:00:00.000Z');
    expect(again.map(({ key, deleted_at, version }) => [key, deleted_at, version])).toEqual([[memory.key, later, 2]]);
  });
});

describe('a restore', () => {
  it('goes back to any version, one that was deleted or pinned included, and counts on', async () => {
    const { memories } = await openTestStore();
    const { memory } = await memories.create(draft('one', { tags: ['a'] }));
    await memories.update(memory.key, { content: 'two', tags: ['b'] }, { now });
    await memories.setPinned(memory.key, true, now);
    await memories.softDelete([memory.key], now);
    const restored = await memories.restore(memory.key, 1, later);
    expect(restored).toMatchObject({ content: 'one', tags: ['a'], version: 5, pinned: true });
    expect(restored.deleted_at).toBeUndefined();
    expect(memories.versions(memory.key).map(({ version }) => version)).toEqual([1, 2, 3, 4]);
    expect((await memories.restore(memory.key, 2, later)).content).toBe('two');
  });

  it('is of a memory that no other one stands for any more', async () => {
    const path = join(testFolder(), 'memory.sqlite');
    const { memories } = await openTestStore(path);
    const { memory } = await memories.create(draft('one'));
    await memories.softDelete([memory.key], now);
    const connection = await openConnection({ path, busyTimeout: 1_000 });
    connection.sql('UPDATE memories SET superseded_by = ? WHERE key = ?').run('memory_other', memory.key);
    connection.close();
    expect((await memories.restore(memory.key, undefined, later)).superseded_by).toBeUndefined();
    expect(memories.read(memory.key)?.superseded_by).toBeUndefined();
  });

  it('says what there is where the version does not exist, and what to do where nothing is deleted', async () => {
    const { memories } = await openTestStore();
    const { memory } = await memories.create(draft('one'));
    const missing = await failureOf(() => memories.restore(memory.key, 7, now));
    expect([missing.code, missing.message]).toEqual(['not_found', expect.stringContaining('no version 7')]);
    const idle = await failureOf(() => memories.restore(memory.key, undefined, now));
    expect([idle.code, idle.hint]).toEqual(['conflict', expect.stringContaining('version')]);
    expect((await failureOf(() => memories.restore('memory_x', undefined, now))).code).toBe('not_found');
    expect(memories.read(memory.key)).toEqual(memory);
  });
});

describe('a pin', () => {
  it('shows live memories only, the newest first, and counts versions only when it changes', async () => {
    const { memories } = await openTestStore();
    const [one, two, three] = await Promise.all(['1', '2', '3'].map((text) => memories.create(draft(text))));
    for (const outcome of [one, two, three]) await memories.setPinned(outcome?.memory.key ?? '', true, later);
    expect((await memories.setPinned(one?.memory.key ?? '', true, later)).version).toBe(2);
    await memories.softDelete([two?.memory.key ?? ''], later);
    expect(memories.pinned(10).map(({ content }) => content)).toEqual(['3', '1']);
    expect(memories.pinned(1).map(({ content }) => content)).toEqual(['3']);
    expect((await failureOf(() => memories.setPinned(two?.memory.key ?? '', false, later))).code).toBe('conflict');
  });
});

it('tags that are found alike are one, in the spelling that came first', async () => {
  const { memories } = await openTestStore();
  const { memory } = await memories.create(draft('tea', { tags: ['Food', 'food', '犬', 'ＦＯＯＤ', 'drink'] }));
  expect(memory.tags).toEqual(['Food', '犬', 'drink']);
  const changed = await memories.update(memory.key, { tags: ['x', 'X'] }, { now });
  expect(changed.tags).toEqual(['x']);
  expect(memories.count({ deleted: 'exclude', tags: ['food'] })).toBe(0);
});

it('texts of every kind come back as they went in', async () => {
  const { memories } = await openTestStore();
  const texts = ['a\0b', '"\'\\', '𠮷野家🎂👨‍👩‍👧', 'ﾊﾝｶｸ', '\u202e\u200b', '長'.repeat(100_000), 'e\u0301'];
  for (const text of texts) {
    const { memory } = await memories.create(draft(text));
    expect(memories.read(memory.key)?.content).toBe(text);
  }
});

describe('a memory whose text has changed', () => {
  it('is in the full text by its new words alone', async () => {
    const { memories, fullText } = await openTestStore();
    const { memory } = await memories.create(draft('a bicycle in the garage'));
    const holders = (word: string) => fullText.documentFrequency({ text: word, prefix: false, weight: 1 });
    expect([holders('bicycl'), holders('boat')].map((count) => count > 0)).toEqual([true, false]);
    await memories.update(memory.key, { content: 'a boat in the garage' }, { now: later });
    expect([holders('bicycl'), holders('boat')].map((count) => count > 0)).toEqual([false, true]);
  });
});
