/**
 * Replies over the built server: they stay within their bytes with long Japanese memories, lists can be read to their
 * end, every filter works in every path, and a cursor continues only the question that gave it.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnServer, type TestServer } from '../support/server.ts';

const count = 50;
/** 1,500 to 6,400 characters, three bytes each. */
const longText = (index: number) =>
  `記録${index}番。${`京都の春の夜に${index}回目の散歩をした。`.repeat(80 + index * 5)}`;
const bytes = (text: string) => Buffer.byteLength(text);

let server: TestServer;
let keys: string[];

beforeAll(async () => {
  server = await spawnServer({ owner: 'caller' });
  keys = [];
  for (let index = 0; index < count; index++) {
    const receipt = await server.create(longText(index), {
      tags: [index % 2 === 0 ? 'Even' : 'odd', `Nr${index % 10}`, '散歩'],
      importance: index / 100,
      emotion: index % 5 === 0 ? 'Joy' : 'calm',
    });
    keys.push(receipt.key);
  }
});
afterAll(() => server.dispose());

interface Page {
  readonly memories?: readonly { key: string; age: string; created_at: string }[];
  readonly results?: readonly { key: string; age: string; created_at: string }[];
  readonly next_cursor?: string;
  readonly total: number;
}

/** The keys of a list or search, page by page; every page within its bytes. */
async function allKeys(name: string, args: object, budget = 10_000): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
    const reply = await server.call(name, { ...args, ...(cursor !== undefined && { cursor }) });
    expect(reply.isError, reply.text).toBe(false);
    expect(bytes(reply.text)).toBeLessThanOrEqual(budget);
    const page = reply.structured as unknown as Page;
    const items = page.memories ?? page.results ?? [];
    if (page.next_cursor !== undefined) expect(items.length).toBeGreaterThan(0);
    for (const { age, created_at } of items) {
      expect(age).toBe('just now');
      expect(new Date(created_at).toISOString()).toBe(created_at);
    }
    found.push(...items.map(({ key }) => key));
    cursor = page.next_cursor;
  }
  return found;
}

const numbered = (keep: (index: number) => boolean) => keys.filter((_, index) => keep(index));

describe('a list', () => {
  it.each([1, 7, 100])('of %i a page is read to its end, newest or oldest first', async (limit) => {
    expect(await allKeys('memory_list', { limit, order: 'oldest' })).toEqual(keys);
    expect(await allKeys('memory_list', { limit })).toEqual(keys.toReversed());
  });

  it('shows each text whole or as a preview of useful length', async () => {
    const { memories, total } = await server.list({ limit: 10 });
    expect(total).toBe(count);
    expect(memories).toHaveLength(10);
    for (const { preview, content_length } of memories) {
      expect(preview?.length).toBeGreaterThan(100);
      expect(content_length).toBeGreaterThan(1_000);
    }
  });
});

describe('a search', () => {
  it('stays within 10 kB, within 40 kB in full detail, and can be read to its end', async () => {
    const found = await allKeys('memory_search', { query: '京都の散歩', limit: 50 });
    expect(new Set(found)).toEqual(new Set(keys));
    const full = await allKeys('memory_search', { query: '京都の散歩', limit: 50, detail: 'full' }, 40_000);
    expect(full).toEqual(found);
    const { text } = await server.call('memory_search', { query: '京都の散歩', limit: 10, detail: 'full' });
    expect(bytes(text)).toBeGreaterThan(30_000);
  });

  it('full detail shows what concise leaves out', async () => {
    const concise = (await server.search('記録7番', { limit: 1 })).results[0];
    const full = (await server.search('記録7番', { limit: 1, detail: 'full' })).results[0];
    expect(full?.key).toBe(concise?.key);
    expect(full).toMatchObject({ source: 'memory-mcp-tests', pinned: false, updated_at: expect.any(String) });
    expect(full?.content ?? full?.preview).toContain('記録7番');
  });
});

describe('every filter', () => {
  it.each<[string, object, (index: number) => boolean]>([
    ['a tag in another case', { tags: ['EVEN'] }, (index) => index % 2 === 0],
    ['any of some tags', { tags: ['nr3', 'nr4'] }, (index) => index % 10 === 3 || index % 10 === 4],
    ['all of some tags', { tags: ['even', 'nr4'], tag_match: 'all' }, (index) => index % 10 === 4],
    ['tags that none has together', { tags: ['odd', 'nr4'], tag_match: 'all' }, () => false],
    ['an importance', { min_importance: 0.4 }, (index) => index >= 40],
    ['a day', { date_range: 'today' }, () => true],
    ['another day', { date_range: '昨日' }, () => false],
    ['all of them', { tags: ['odd'], min_importance: 0.3, date_range: '今日' }, (i) => i % 2 === 1 && i >= 30],
  ])('works alike in lists and searches, over all pages: %s', async (_, filter, keep) => {
    const expected = numbered(keep);
    expect(await allKeys('memory_list', { ...filter, order: 'oldest', limit: 6 })).toEqual(expected);
    const found = await allKeys('memory_search', { ...filter, query: '京都の散歩', limit: 6 });
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  it('an emotion, in a search', async () => {
    const found = await allKeys('memory_search', { query: '京都', emotion: 'JOY', limit: 50 });
    expect(found.toSorted()).toEqual(numbered((index) => index % 5 === 0).toSorted());
  });

  it('deleted ones are hidden, included or alone', async () => {
    const hidden = keys.slice(10, 13);
    await server.call('memory_delete', { keys: hidden });
    expect(await allKeys('memory_list', { deleted: 'only', order: 'oldest' })).toEqual(hidden);
    expect(await allKeys('memory_list', { deleted: 'include', order: 'oldest' })).toEqual(keys);
    expect(await allKeys('memory_list', { order: 'oldest' })).toEqual(keys.filter((key) => !hidden.includes(key)));
    const search = async (include_deleted: boolean) =>
      new Set(await allKeys('memory_search', { query: '京都', limit: 50, include_deleted }));
    expect((await search(false)).size).toBe(count - 3);
    expect((await search(true)).size).toBe(count);
    for (const key of hidden) await server.call('memory_restore', { key });
  });
});

describe('a cursor', () => {
  const cursorOf = async (name: string, args: object) =>
    String((await server.call(name, { ...args, limit: 3 })).structured.next_cursor);

  it.each([
    ['memory_list', { tags: ['even'] }, { tags: ['odd'] }],
    ['memory_list', { tags: ['even'] }, {}],
    ['memory_list', { order: 'oldest' }, {}],
    ['memory_list', { min_importance: 0.1 }, { min_importance: 0.2 }],
    ['memory_list', { date_range: 'today' }, { date_range: 'yesterday' }],
    ['memory_list', { deleted: 'include' }, { deleted: 'exclude' }],
    ['memory_list', { tags: ['even', 'odd'] }, { tags: ['even', 'odd'], tag_match: 'all' }],
    ['memory_search', { query: '京都' }, { query: '散歩' }],
    ['memory_search', { query: '京都', tags: ['even'] }, { query: '京都' }],
  ])('of %s with %j does not continue %j', async (name, asked, other) => {
    const cursor = await cursorOf(name, asked);
    const refused = await server.call(name, { ...other, cursor });
    expect(refused.isError).toBe(true);
    expect(refused.text).toMatch(/^invalid_input: cursor: it belongs to another query or other filters/);
    expect(refused.text).toContain('leave cursor out');
    expect((await server.call(name, { ...asked, cursor })).isError).toBe(false);
  });

  it('of one list does not continue another kind', async () => {
    const cursor = await cursorOf('memory_list', {});
    expect((await server.call('memory_search', { query: '京都', cursor })).text).toContain('another query');
  });

  it.each(['x', 'MTIz', Buffer.from('1.0123456789ab').toString('base64url'), '長い', 'a'.repeat(201)])(
    'that is none is refused: %j',
    async (cursor) => {
      const refused = await server.call('memory_list', { cursor });
      expect([refused.isError, refused.text]).toEqual([true, expect.stringContaining('cursor')]);
    },
  );

  it('that is blank begins with the first page', async () => {
    const [first, blank] = [await server.list({ limit: 3 }), await server.list({ limit: 3, cursor: '' })];
    expect(blank).toEqual(first);
  });

  it('goes on while the page size changes, and with a range that ends now', async () => {
    const range = { date_range: 'last 2 hours' };
    const first = await server.list({ limit: 3, ...range });
    const rest = await server.list({ limit: 100, ...range, cursor: first.next_cursor });
    expect([...first.memories, ...rest.memories].map(({ key }) => key)).toEqual(
      keys.toReversed().slice(0, 3 + rest.memories.length),
    );
    const hits = await server.search('京都', { limit: 3, ...range });
    expect((await server.search('京都', { limit: 9, ...range, cursor: hits.next_cursor })).results).not.toEqual([]);
  });
});

describe('the start of a session', () => {
  it('stays within 10 kB with a full context, pinned and recent memories, and shows some of each', async () => {
    const fact = (name: string) =>
      Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`${name}${i}`, '長い事実'.repeat(60)]));
    const update = await server.call('update_context', {
      emotion: '嬉'.repeat(500),
      physical_state: '疲'.repeat(500),
      user_info: fact('user'),
      persona_info: fact('persona'),
      preferences: fact('preference'),
      goals: Array.from({ length: 50 }, (_, index) => `${index} ${'長い目標'.repeat(100)}`),
      promises: Array.from({ length: 50 }, (_, index) => `${index} ${'約束'.repeat(200)}`),
    });
    expect(update.isError, update.text).toBe(false);
    expect(bytes(update.text)).toBeLessThanOrEqual(40_000);
    const { text, structured } = await server.call('get_context');
    expect(bytes(text)).toBeLessThanOrEqual(10_000);
    expect(structured.shortened).toBe(true);
    for (const part of ['goals', 'promises', 'recent'] as const) {
      expect(structured[part], part).toSatisfy((list) => Array.isArray(list) && list.length >= 3);
    }
    for (const part of ['user_info', 'persona_info', 'preferences'] as const) {
      expect(Object.keys(structured[part] ?? {}).length, part).toBeGreaterThanOrEqual(3);
    }
  });

  it('stays within 10 kB with memories whose fields have the maximum length', async () => {
    const own = await spawnServer();
    const state = (letter: string) => letter.repeat(500);
    for (let index = 0; index < 8; index++) {
      const { key } = await own.create(`${index}${'長'.repeat(3_000)}`, {
        tags: Array.from({ length: 50 }, (_, tag) => `${tag}`.padEnd(100, '札')),
        emotion: state('嬉'),
        physical_state: state('疲'),
        mental_state: state('静'),
        environment: state('家'),
        relationship_status: state('友'),
        action_tag: state('料'),
      });
      await own.call('memory_update', { key, content: `${index} pinned` });
    }
    await own.call('update_context', {
      emotion: state('嬉'),
      goals: Array.from({ length: 50 }, (_, n) => `${n}${state('目').slice(4)}`),
    });
    for (const name of ['get_context', 'memory_list']) {
      const { text } = await own.call(name);
      expect(bytes(text), name).toBeLessThanOrEqual(10_000);
    }
  });
});
