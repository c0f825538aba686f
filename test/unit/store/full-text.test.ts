/** Full text: who holds a term, counted and listed exactly, whatever is written, changed or taken away. */
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentTerms, type QueryTerm, queryTerms } from '../../../src/core/text/terms.ts';
import { createFullText } from '../../../src/store/full-text.ts';
import type { MemoryStore } from '../../../src/store/memory-store.ts';
import { openMemoryStore } from '../../../src/store/memory-store.ts';
import { openConnection } from '../../../src/store/sqlite/connection.ts';
import { draft, live, now, openTestStore, testFolder } from '../../support/stores.ts';

const openInMemory = () => openMemoryStore({ persona: 'tester', busyTimeout: 100 });
const exact = (text: string): QueryTerm => ({ text, prefix: false, weight: 1 });
const prefix = (text: string): QueryTerm => ({ text, prefix: true, weight: 1 });

function contentsWith(store: MemoryStore, term: QueryTerm, limit = 100): string[] {
  const ids = store.fullText.postings(term, live, limit);
  return [...store.memories.byIds(ids).values()].map(({ content }) => content);
}

/** What full text would answer if it read every text. */
function contentsByReading(store: MemoryStore, { text, prefix: isPrefix }: QueryTerm): string[] {
  const all = store.memories.list({ filter: live, order: 'newest', limit: 1_000 });
  const holds = (term: string) => (isPrefix ? term.startsWith(text) : term === text);
  return all.filter(({ content }) => documentTerms(content).some(holds)).map(({ content }) => content);
}

it('every term of every text finds it, in every script', async () => {
  const store = await openInMemory();
  const texts = [
    '苺のアレルギーがある',
    '𠮷野家と𰻞𰻞麺',
    'हिन्दी में लिखा',
    'ภาษาไทย',
    '한국어 문장입니다',
    'snake_case and C++ and C# and Dr. O’Brien',
    'ﾊﾝｶｸ ＡＢＣ',
    'naïve café Ελληνικά עברית العربية',
    '🎂 and ❤️',
    'x'.repeat(500),
  ];
  for (const text of texts) await store.memories.create(draft(text));
  for (const text of texts) {
    expect(documentTerms(text).length).toBeGreaterThan(0);
    for (const term of queryTerms(text)) {
      expect(contentsWith(store, term), term.text).toContain(text);
      expect(store.fullText.documentFrequency(term), term.text).toBeGreaterThan(0);
    }
  }
});

it('the newest come first, up to the limit', async () => {
  const store = await openInMemory();
  for (const number of [1, 2, 3, 4]) await store.memories.create(draft(`word ${number}`));
  expect(contentsWith(store, exact('word'))).toEqual(['word 4', 'word 3', 'word 2', 'word 1']);
  expect(contentsWith(store, exact('word'), 2)).toEqual(['word 4', 'word 3']);
  expect(contentsWith(store, exact('other'))).toEqual([]);
});

it('what is hidden is not there, whatever else is asked for', async () => {
  const store = await openInMemory();
  for (const number of [1, 2, 3]) await store.memories.create(draft(`word ${number}`, { key: `memory_${number}` }));
  await store.memories.softDelete(['memory_2'], now);
  expect(contentsWith(store, exact('word'))).toEqual(['word 3', 'word 1']);
  const hidden = store.fullText.postings(exact('word'), { deleted: 'only' }, 10);
  expect(store.memories.texts(hidden)).toEqual([
    { id: 2, content: 'word 2', created_at: now, importance: 0.5, occurred_at: null },
  ]);
  expect(store.fullText.postings(exact('word'), { deleted: 'include' }, 2)).toEqual([3, 2]);
});

it('counts texts, not occurrences; the count of a prefix is at least what it finds', async () => {
  const store = await openInMemory();
  await store.memories.create(draft('tea tea teapot'));
  await store.memories.create(draft('teapot'));
  await store.memories.create(draft('coffee'));
  expect(store.fullText.documentFrequency(exact('tea'))).toBe(1);
  expect(store.fullText.documentFrequency(exact('teapot'))).toBe(2);
  expect(store.fullText.documentFrequency(prefix('tea'))).toBe(3);
  expect(store.fullText.documentFrequency(prefix('x'))).toBe(0);
  expect(store.fullText.documentFrequency(exact('te'))).toBe(0);
  expect(contentsWith(store, prefix('tea'))).toHaveLength(2);
});

it('the number of a common term is at most a hundredth old', async () => {
  const store = await openInMemory();
  const write = async (from: number, to: number) => {
    for (let number = from; number < to; number++) await store.memories.create(draft(`tea ${number}`));
  };
  await write(0, 600);
  expect(store.fullText.documentFrequency(exact('tea'))).toBe(600);
  expect(store.fullText.documentFrequency(prefix('tea'))).toBe(600);
  await write(600, 603);
  expect(store.fullText.documentFrequency(exact('tea'))).toBeGreaterThanOrEqual(600);
  await write(603, 610);
  expect(store.fullText.documentFrequency(exact('tea'))).toBeGreaterThanOrEqual(604);
  expect(store.fullText.documentFrequency(exact('605'))).toBe(1);
});

it('the number of a common term follows what is rewritten and what takes the place of erased texts', async () => {
  const store = await openInMemory();
  for (let number = 0; number < 510; number++)
    await store.memories.create(draft(`tea ${number}`, { key: `memory_${number}` }));
  expect(store.fullText.documentFrequency(exact('tea'))).toBe(510);
  for (let number = 0; number < 20; number++)
    await store.memories.update(`memory_${number}`, { content: `coffee ${number}` }, { now });
  expect(store.fullText.documentFrequency(exact('tea'))).toBe(490);
  for (let number = 20; number < 60; number++) await store.memories.create(draft(`tea again ${number}`));
  expect(store.fullText.documentFrequency(exact('tea'))).toBe(530);
  const keys = Array.from({ length: 20 }, (_, number) => `memory_${100 + number}`);
  await store.memories.softDelete(keys, now);
  await store.erasure.erase(keys);
  for (const key of keys) await store.memories.create(draft(`milk ${key}`));
  expect(store.fullText.documentFrequency(exact('tea'))).toBe(510);
});

it('the number of a whole term is right after writes of this connection and of others', async () => {
  const path = join(testFolder(), 'memory.sqlite');
  const [store, other] = [await openTestStore(path), await openTestStore(path)];
  await store.memories.create(draft('tea in the morning', { key: 'memory_1' }));
  const counts = () => [store, other].map(({ fullText }) => fullText.documentFrequency(exact('tea')));
  expect(counts()).toEqual([1, 1]);
  await store.memories.create(draft('tea, tea and tea'));
  expect(counts()).toEqual([2, 2]);
  await other.memories.create(draft('more tea'));
  expect(counts()).toEqual([3, 3]);
  await other.memories.update('memory_1', { content: 'coffee' }, { now });
  expect(counts()).toEqual([2, 2]);
});

it('the number of a term holds nothing of a write that was undone', async () => {
  const connection = await openConnection({ path: ':memory:', busyTimeout: 100 });
  connection.execute(`CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY); CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT);
    CREATE VIRTUAL TABLE memory_text USING fts5 (terms, content = '', contentless_delete = 1);
    CREATE VIRTUAL TABLE memory_terms USING fts5vocab (memory_text, 'row')`);
  const fullText = createFullText(connection);
  await connection.write(() => fullText.add(1, 'tea'));
  expect(fullText.documentFrequency(exact('tea'))).toBe(1);
  const undone = connection.write(() => {
    fullText.add(2, 'tea');
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  expect(fullText.documentFrequency(exact('tea'))).toBe(1);
  connection.close();
});

it.each(['"', '""', 'a"b', '*', 'OR', 'NEAR', '(', "'", 'x y', '-x', '^x', 'terms:x', '\\', '{', '\u{10ffff}'])(
  '%j is looked up as it is, never read as a query',
  async (text) => {
    const store = await openInMemory();
    await store.memories.create(draft('plain words'));
    for (const term of [exact(text), prefix(text)]) {
      expect(contentsWith(store, term)).toEqual([]);
      expect(store.fullText.documentFrequency(term)).toBe(0);
    }
  },
);

describe('statistics', () => {
  it('count the texts and their characters, hidden ones included, erased and replaced ones not', async () => {
    const store = await openInMemory();
    const { memory: one } = await store.memories.create(draft('12345'));
    const { memory: two } = await store.memories.create(draft('𠮷'));
    expect(store.fullText.statistics()).toEqual({ count: 2, totalLength: 7 });
    await store.memories.update(one.key, { content: '123' }, { now });
    await store.memories.softDelete([two.key], now);
    expect(store.fullText.statistics()).toEqual({ count: 2, totalLength: 5 });
    await store.erasure.erase([two.key]);
    expect(store.fullText.statistics()).toEqual({ count: 1, totalLength: 3 });
    await store.memories.restore(one.key, 1, now);
    expect(store.fullText.statistics()).toEqual({ count: 1, totalLength: 5 });
  });
});

it('after any history of writes, words find exactly the texts that hold them', async () => {
  const words = ['tea', 'green', 'tree', '苺', '犬と猫', '京都', '東京都', 'アレルギー', 'ケーキ'];
  const content = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 5 }).map((list) => list.join(' '));
  const step = fc.record({
    verb: fc.constantFrom('create', 'update', 'hide', 'restore', 'erase'),
    content,
    at: fc.nat(9),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const store = await openInMemory();
      const { memories, erasure } = store;
      for (const { verb, content: text, at } of steps) {
        const all = memories.list({ filter: { deleted: 'include' }, order: 'oldest', limit: 100 });
        const target = all[at % Math.max(all.length, 1)];
        if (verb === 'create') await memories.create(draft(text));
        else if (target === undefined) continue;
        else if (verb === 'erase') await erasure.erase([target.key]);
        else if (verb === 'hide') await memories.softDelete([target.key], now);
        else if (verb === 'restore') await memories.restore(target.key, 1, now);
        else if (target.deleted_at === undefined) await memories.update(target.key, { content: text }, { now });
      }
      for (const term of words.flatMap((word) => queryTerms(word))) {
        const expected = contentsByReading(store, term);
        expect(contentsWith(store, term)).toEqual(expected);
        expect(store.fullText.documentFrequency(term)).toBeGreaterThanOrEqual(expected.length);
      }
      const all = memories.list({ filter: { deleted: 'include' }, order: 'oldest', limit: 1_000 });
      expect(store.fullText.statistics()).toEqual({
        count: all.length,
        totalLength: all.reduce((sum, memory) => sum + memory.content.length, 0),
      });
      expect(memories.count(live)).toBe(all.filter(({ deleted_at }) => deleted_at === undefined).length);
      await store.close();
    }),
    { numRuns: 40 },
  );
});

it('is filled anew, whole and exact, when the rule of its terms has changed since', async () => {
  const path = join(testFolder(), 'memory.sqlite');
  const store = await openTestStore(path);
  const { memory } = await store.memories.create(draft('苺が好き'));
  await store.memories.create(draft('green tea'));
  await store.memories.softDelete([memory.key], now);
  await store.close();
  const old = await openConnection({ path, busyTimeout: 100 });
  old.execute("INSERT INTO memory_text (memory_text) VALUES ('delete-all')");
  old.execute("INSERT INTO memory_text (rowid, terms) VALUES (1, 'anoldterm')");
  old.execute("UPDATE meta SET value = 0 WHERE name IN ('terms_version', 'text_count')");
  old.close();
  const again = await openTestStore(path);
  expect(contentsWith(again, exact('tea'))).toEqual(['green tea']);
  expect(again.fullText.postings(exact('苺'), { deleted: 'only' }, 9)).toEqual([memory.id]);
  expect(again.fullText.documentFrequency(exact('anoldterm'))).toBe(0);
  expect(again.fullText.statistics()).toEqual({ count: 2, totalLength: 13 });
});
