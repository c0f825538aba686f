/**
 * Wrong input of every kind: the answer names the field and the way out, nothing is created, and the server goes on.
 */
import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeEachEra } from '../support/eras.ts';
import { messageOf, startRawServer } from '../support/raw-server.ts';
import type { Reply, TestServer } from '../support/server.ts';

const errorReply = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string().min(1), hint: z.string().min(1) }),
});

function errorOf(reply: Reply) {
  expect(reply.isError).toBe(true);
  const { error } = errorReply.parse(reply.structured);
  expect(reply.text).toContain(error.message);
  expect(reply.text).not.toMatch(/SQLITE|sqlite3|\.ts:\d+|node:internal|at \w+ \(/);
  return error;
}

const unknownKey = 'memory_20200101000000';

/** Tool, arguments, and what the message has to name. */
const refusals: ReadonlyArray<readonly [tool: string, problem: string, args: Record<string, unknown>, named: RegExp]> =
  [
    ['memory_create', 'no content', {}, /content/],
    ['memory_create', 'content that is null', { content: null }, /content/],
    ['memory_create', 'content that is a number', { content: 42 }, /content/],
    ['memory_create', 'content that is a list', { content: ['苺'] }, /content/],
    ['memory_create', 'empty content', { content: '' }, /content/],
    ['memory_create', 'blank content', { content: ' \n\t　' }, /content/],
    ['memory_create', 'content over 100,000 characters', { content: '苺'.repeat(100_001) }, /content.*100.?000/],
    ['memory_create', 'importance below 0', { content: 'x', importance: -0.1 }, /importance.*0/],
    ['memory_create', 'importance above 1', { content: 'x', importance: 1.1 }, /importance.*1/],
    ['memory_create', 'importance in words', { content: 'x', importance: 'high' }, /importance.*number/],
    ['memory_create', 'tags in the syntax of another language', { content: 'x', tags: "['food']" }, /tags.*array/],
    ['memory_create', 'a tag that is a number', { content: 'x', tags: ['food', 7] }, /tags\[1\]/],
    ['memory_create', 'an empty tag', { content: 'x', tags: [''] }, /tags\[0\]/],
    ['memory_create', 'a tag over 100 characters', { content: 'x', tags: ['t'.repeat(101)] }, /tags\[0\].*100/],
    ['memory_create', '51 tags', { content: 'x', tags: Array.from({ length: 51 }, (_, n) => `t${n}`) }, /tags.*50/],
    [
      'memory_create',
      'a state over 500 characters',
      { content: 'x', environment: 'e'.repeat(501) },
      /environment.*500/,
    ],
    ['memory_create', 'intensity above 1', { content: 'x', emotion_intensity: 2 }, /emotion_intensity/],
    ['memory_create', 'a misspelt field', { content: 'x', importence: 1 }, /importence/],
    ['memory_create', 'a persona', { content: 'x', persona: 'somebody-else' }, /persona/],
    ['memory_search', 'no query', {}, /query/],
    ['memory_search', 'a query that is a number', { query: 7 }, /query.*string/],
    ['memory_search', 'an empty query', { query: '' }, /query/],
    ['memory_search', 'a blank query', { query: ' \t　' }, /query/],
    ['memory_search', 'a query over 50,000 characters', { query: 'q'.repeat(50_001) }, /query.*50.?000/],
    ['memory_search', 'limit 0', { query: 'x', limit: 0 }, /limit.*1/],
    ['memory_search', 'limit -1', { query: 'x', limit: -1 }, /limit/],
    ['memory_search', 'limit 51', { query: 'x', limit: 51 }, /limit.*50/],
    ['memory_search', 'limit 1e9', { query: 'x', limit: 1e9 }, /limit.*50/],
    ['memory_search', 'limit 2.5', { query: 'x', limit: 2.5 }, /limit.*int/],
    ['memory_search', 'limit as text', { query: 'x', limit: 'ten' }, /limit.*number/],
    ['memory_search', 'a mode there is not', { query: 'x', mode: 'telepathic' }, /mode/],
    ['memory_search', 'a tag_match there is not', { query: 'x', tag_match: 'some' }, /tag_match.*"any"/],
    ['memory_search', 'a detail there is not', { query: 'x', detail: 'everything' }, /detail.*"concise"/],
    ['memory_search', 'include_deleted as text', { query: 'x', include_deleted: 'yes' }, /include_deleted.*boolean/],
    ['memory_search', 'an unreadable date', { query: 'x', date_range: 'いつか' }, /date_range "いつか"/],
    ['memory_search', 'a day that does not exist', { query: 'x', date_range: '2026-02-30' }, /date_range.*day 30/],
    [
      'memory_search',
      'a reversed range',
      { query: 'x', date_range: '2026-03-05..2026-03-01' },
      /date_range.*ends before/,
    ],
    ['memory_search', 'a date that is a number', { query: 'x', date_range: 2026 }, /date_range/],
    ['memory_search', 'a date of 10,000 characters', { query: 'x', date_range: '今'.repeat(10_000) }, /date_range/],
    ['memory_search', 'min_importance above 1', { query: 'x', min_importance: 50 }, /min_importance/],
    ['memory_search', 'a cursor from nowhere', { query: 'x', cursor: 'garbage' }, /cursor/],
    ['memory_read', 'no keys', {}, /keys/],
    ['memory_read', 'an empty list of keys', { keys: [] }, /keys/],
    ['memory_read', 'a key that is a number', { keys: [7] }, /keys\[0\]/],
    ['memory_read', '21 keys', { keys: Array.from({ length: 21 }, () => unknownKey) }, /keys.*20/],
    ['memory_read', 'a negative offset', { keys: [unknownKey], offset: -1 }, /offset/],
    ['memory_list', 'limit 0', { limit: 0 }, /limit/],
    ['memory_list', 'limit 101', { limit: 101 }, /limit.*100/],
    ['memory_list', 'an order there is not', { order: 'random' }, /order.*"newest"/],
    ['memory_list', 'deleted there is not', { deleted: 'maybe' }, /deleted.*"exclude"/],
    ['memory_list', 'a query', { query: 'x' }, /query/],
    ['memory_update', 'no key', { content: 'x' }, /key/],
    ['memory_update', 'version 0', { key: unknownKey, expected_version: 0, content: 'x' }, /expected_version/],
    ['memory_update', 'content that is null', { key: unknownKey, content: null }, /no field to change/],
    ['memory_delete', 'no keys', {}, /keys/],
    ['memory_delete', 'an empty list of keys', { keys: [] }, /keys/],
    ['memory_delete', 'permanent as text', { keys: [unknownKey], permanent: 'yes' }, /permanent.*boolean/],
    ['memory_restore', 'no key', {}, /key/],
    ['memory_restore', 'version 0', { key: unknownKey, version: 0 }, /version/],
    ['get_context', 'an argument', { persona: 'somebody-else' }, /persona/],
    ['update_context', 'intensity as text', { emotion_intensity: 'high' }, /emotion_intensity/],
    ['update_context', 'user_info as text', { user_info: 'Aoi' }, /user_info/],
    ['update_context', '51 goals', { goals: Array.from({ length: 51 }, (_, n) => `goal ${n}`) }, /goals.*50/],
    ['update_context', 'an unknown field', { mood: 'good' }, /mood/],
  ];

describeEachEra('wrong input', (spawn) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await spawn({ owner: 'caller' });
  });
  afterAll(() => server.dispose());

  it.each(refusals)('%s with %s is refused by name', async (tool, _, args, named) => {
    const error = errorOf(await server.call(tool, args));
    expect(error.code).toBe('invalid_input');
    expect(error.message).toMatch(named);
    expect(error.message.length + error.hint.length).toBeLessThan(1_500);
  });

  it.each([
    ['memory_read', { keys: [unknownKey] }],
    ['memory_delete', { keys: [unknownKey, '../../etc/passwd'] }],
    ['memory_delete', { keys: [unknownKey], permanent: true }],
    ['memory_update', { key: unknownKey, content: 'x' }],
  ])('%s of a memory that does not exist says so, and where keys come from', async (tool, args) => {
    const error = errorOf(await server.call(tool, args));
    expect(error.code).toBe('not_found');
    expect(error.message).toContain(unknownKey);
    expect(error.hint).toMatch(/memory_search|memory_list/);
  });

  it.each(['memory_forget', 'MEMORY_CREATE', '', 'constructor', '__proto__', 'x'.repeat(5_000)])(
    'an unknown tool %j is an error of the protocol that lists the tools',
    async (tool) => {
      const failure = await server.call(tool).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).toMatchObject({ code: -32602, message: expect.stringContaining('memory_create') });
      expect(String(failure).length).toBeLessThan(1_000);
    },
  );

  it('has created nothing by all this, not even a folder', async () => {
    expect((await server.list()).total).toBe(0);
    expect(existsSync(server.dataDir) ? readdirSync(server.dataDir) : []).toEqual([]);
  });

  it('is forgotten: the server stores and finds', async () => {
    const { key } = await server.create('苺のアレルギーがある');
    expect((await server.search('苺')).results.map((hit) => hit.key)).toEqual([key]);
  });

  it('memory_restore of a memory that does not exist says so too', async () => {
    const error = errorOf(await server.call('memory_restore', { key: unknownKey }));
    expect(error).toMatchObject({ code: 'not_found', message: expect.stringContaining(unknownKey) });
  });

  it('a cursor is refused with another query', async () => {
    for (const n of [1, 2, 3]) await server.create(`ノート ${n}`);
    const { next_cursor } = await server.search('ノート', { limit: 1 });
    const error = errorOf(await server.call('memory_search', { query: '苺', limit: 1, cursor: next_cursor }));
    expect(error).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('cursor') });
  });

  it('a change that expects another version is a conflict and changes nothing', async () => {
    const { key } = await server.create('犬の名前はポチ');
    const error = errorOf(await server.call('memory_update', { key, expected_version: 7, content: '猫' }));
    expect(error.code).toBe('conflict');
    expect(error.message).toContain(key);
    expect((await server.read(key)).memories[0]).toMatchObject({ content: '犬の名前はポチ', version: 1 });
  });

  it('the longest content that is allowed is stored whole', async () => {
    const longest = '記'.repeat(100_000);
    const { key } = await server.create(longest);
    let text = '';
    for (let offset: unknown = 0; typeof offset === 'number'; ) {
      const { structured } = await server.call('memory_read', { keys: [key], ...(offset > 0 && { offset }) });
      const [part] = z
        .array(z.looseObject({ content: z.string(), next_offset: z.number().optional() }))
        .parse(structured.memories);
      text += part?.content;
      offset = part?.next_offset;
    }
    expect(text === longest).toBe(true);
  });
});

describe('arguments that are no object', () => {
  it.each([
    ['a text', '"苺"'],
    ['a list', '[1]'],
    ['a number', '7'],
  ])('are refused when they are %s, and the server goes on', async (_, args) => {
    const server = startRawServer();
    await server.initialize();
    const params = `{"name":"memory_create","arguments":${args}}`;
    server.send(`{"jsonrpc":"2.0","id":"odd","method":"tools/call","params":${params}}`);
    const list = await server.callTool('memory_list');
    server.end();
    await server.exit;

    expect(list.result).toMatchObject({ structuredContent: { total: 0 } });
    const answer = server.lines.map(messageOf).find((message) => message?.id === 'odd');
    expect(answer?.error).toMatchObject({ code: -32602, message: expect.stringContaining('arguments') });
  });
});

describe('a hostile persona name', () => {
  const names = [
    '..',
    '.',
    '../elsewhere',
    'a/b',
    'a\\b',
    '/etc',
    'C:\\x',
    '%2e%2e',
    '~',
    'a b',
    'a\nb',
    '.hidden',
    'dot.',
    'con',
    'NUL.txt',
    'com1',
    "a'b",
    'a;b',
    'a\u202eb',
    'a\u200bb',
    '🍓',
    'x'.repeat(65),
  ];

  async function refusalOf(options: { args?: string[]; env?: Record<string, string> }) {
    const server = startRawServer(options);
    const { code } = await server.exit;
    const root = dirname(server.dataDir);
    return { code, stderr: server.stderr(), lines: server.lines, files: readdirSync(root, { recursive: true }) };
  }

  it.each(names)('%j as a flag ends the start with the rule, and creates nothing', async (name) => {
    const { code, stderr, lines, files } = await refusalOf({ args: [`--persona=${name}`] });
    expect({ code, lines, files }).toEqual({ code: 2, lines: [], files: [] });
    expect(stderr).toMatch(/--persona/);
    expect(stderr).toMatch(/letters, digits/);
    expect(stderr).not.toMatch(/\.ts:\d+|node:internal|\u202e|\u200b/);
  });

  it.each(['..', '../elsewhere', 'a/b', 'con', '🍓', 'x'.repeat(65)])(
    '%j in the environment does too',
    async (name) => {
      const { code, stderr, lines, files } = await refusalOf({ env: { MEMORY_MCP_PERSONA: name } });
      expect({ code, lines, files }).toEqual({ code: 2, lines: [], files: [] });
      expect(stderr).toMatch(/MEMORY_MCP_PERSONA/);
      expect(stderr).toMatch(/letters, digits/);
    },
  );

  it.each(['ペルソナ', 'Ärztin_2', 'a.b-c', '-rf', 'x'.repeat(64)])('%j is none', async (name) => {
    const server = startRawServer({ args: [`--persona=${name}`] });
    await server.initialize();
    await server.callTool('memory_create', { content: '苺' });
    expect(readdirSync(`${server.dataDir}/memory`)).toEqual([name.normalize('NFC')]);
  });
});
