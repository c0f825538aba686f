import { describe, expect, it } from 'vitest';
import { MemoryMcpError } from '../../../src/core/errors.ts';
import { operations } from '../../../src/operation/index.ts';
import type { Operation } from '../../../src/operation/operation.ts';
import { readInput } from '../../../src/operation/read-input.ts';

function operationNamed(name: string): Operation {
  const operation = operations.find((candidate) => candidate.name === name);
  if (operation === undefined) throw new Error(`no operation ${name}`);
  return operation;
}

const read = (name: string, raw: unknown) => readInput(operationNamed(name), raw);

function refusalOf(name: string, raw: unknown): MemoryMcpError {
  try {
    read(name, raw);
  } catch (error) {
    if (error instanceof MemoryMcpError) return error;
    throw error;
  }
  throw new Error(`${name} took ${JSON.stringify(raw)}`);
}

describe('a value that can only mean one thing', () => {
  it.each<[string, string, object, object]>([
    ['a number as text', 'memory_search', { query: 'x', limit: '10' }, { limit: 10 }],
    ['a number in full width', 'memory_search', { query: 'x', limit: '１０' }, { limit: 10 }],
    ['a fraction as text', 'memory_create', { content: 'x', importance: ' .9 ' }, { importance: 0.9 }],
    ['a boolean as text', 'memory_search', { query: 'x', include_deleted: 'True' }, { include_deleted: true }],
    ['a choice in capitals', 'memory_search', { query: 'x', mode: ' Keyword' }, { mode: 'keyword' }],
    ['a list as JSON text', 'memory_create', { content: 'x', tags: '["食", "x"]' }, { tags: ['食', 'x'] }],
    ['one text for a list', 'memory_create', { content: 'x', tags: 'food' }, { tags: ['food'] }],
    ['one text with a comma for a list', 'memory_create', { content: 'x', tags: 'a, b' }, { tags: ['a, b'] }],
    ['the address of a memory', 'memory_read', { keys: ['memory://a '] }, { keys: ['a'] }],
    ['one key for keys', 'memory_read', { keys: 'memory_20261124093000' }, { keys: ['memory_20261124093000'] }],
    ['an object as JSON text', 'update_context', { user_info: '{"name": "葵"}' }, { user_info: { name: '葵' } }],
    ['one text for goals', 'update_context', { goals: 'learn Go' }, { goals: ['learn Go'] }],
    [
      'an object for a list of objects',
      'update_context',
      { goals: { text: 'learn Go', status: 'Done' } },
      { goals: [{ text: 'learn Go', status: 'done' }] },
    ],
    [
      'JSON text of objects in a list',
      'update_context',
      { goals: ['{"text": "learn Go", "status": "done"}', 'run'] },
      { goals: [{ text: 'learn Go', status: 'done' }, 'run'] },
    ],
  ])('is read: %s', (_, name, raw, wanted) => {
    expect(read(name, raw)).toMatchObject({ input: wanted, ignored: [] });
  });

  it('is read as text where text is meant, whatever it looks like', () => {
    const content = '["a", "list"]';
    expect(read('memory_create', { content }).input).toMatchObject({ content });
    expect(read('memory_create', { content: 'true', tags: ['{"a": 1}', '7'] }).input).toMatchObject({
      content: 'true',
      tags: ['{"a": 1}', '7'],
    });
  });
});

describe('null and blanks', () => {
  it.each(operations.map(({ name }) => name))('%s takes null for every optional argument', (name) => {
    const { shape } = operationNamed(name).input;
    const required = { content: 'x', key: 'memory_1', keys: ['memory_1'], query: 'x' };
    const given = Object.fromEntries(
      Object.keys(shape).map((field) => [field, Object.entries(required).find(([own]) => own === field)?.[1] ?? null]),
    );
    const { input } = read(name, given);
    expect(Object.values(input)).not.toContain(null);
  });

  it('are no arguments: null, an empty list, and JSON text of an object', () => {
    for (const raw of [null, undefined, [], {}, '{}']) expect(read('get_context', raw).input).toEqual({});
    expect(read('memory_search', '{"query": "x"}').input).toMatchObject({ query: 'x' });
  });

  it('are absent where an optional text is blank, but not where blank may mean to clear', () => {
    const search = read('memory_search', { query: 'x', date_range: '', cursor: ' ', emotion: '', tags: '' });
    expect(Object.keys(search.input)).not.toContain('date_range');
    expect(refusalOf('memory_update', { key: 'k', emotion: '' })).toMatchObject({
      message: 'memory_update: emotion: must not be empty',
      hint: expect.stringContaining('name it in clear'),
    });
  });
});

describe('a field that the operation does not have', () => {
  it.each<[string, object, string[]]>([
    ['memory_search', { query: 'x', security_risk: 'LOW' }, ['security_risk']],
    [
      'memory_search',
      { query: 'x', model: 'large', sessionId: '1', explanation: 'because' },
      ['model', 'sessionId', 'explanation'],
    ],
    ['memory_create', { content: 'x', context: 'the user asked', tool_call_id: 7 }, ['context', 'tool_call_id']],
    ['memory_update', { key: 'k', content: 'x', reason: 'corrected', action: 'update' }, ['reason', 'action']],
    ['memory_delete', { keys: ['k'], waitForPreviousTools: true }, ['waitForPreviousTools']],
    ['get_context', { random_string: 'go' }, ['random_string']],
    ['index_rebuild', { random_string: 'go' }, ['random_string']],
    ['update_context', { goals: [{ text: 'run', priority: 1 }] }, ['goals[0].priority']],
    ['memory_search', { query: 'x', __proto__x: 1, constructor: 1 }, ['__proto__x', 'constructor']],
  ])('%s ignores and names it: %j', (name, raw, ignored) => {
    expect(read(name, raw).ignored).toEqual(ignored);
  });

  it.each<[string, object, RegExp]>([
    ['memory_create', { content: 'x', importence: 1 }, /importence: .*did you mean importance\?/],
    ['memory_create', { content: 'x', tag: ['a'] }, /tag: .*did you mean tags\?/],
    ['memory_create', { content: 'x', tags: ['a'], Tags: ['b'] }, /Tags: .*did you mean tags\?/],
    ['memory_create', { content: 'x', dry_run: true }, /dry_run: .*without heeding it/],
    [
      'memory_update',
      { key: 'k', content: 'x', expect_version: 3 },
      /expect_version: .*did you mean expected_version\?/,
    ],
    ['memory_update', { key: 'k', content: 'x', version: 3 }, /version: .*without heeding it/],
    ['memory_update', { key: 'k', new_content: 'x' }, /new_content: .*did you mean content\?/],
    ['memory_delete', { keys: ['k'], dryRun: true }, /dryRun: .*without heeding it/],
    ['memory_delete', { keys: ['k'], confirm: false }, /confirm: .*without heeding it/],
    ['memory_delete', { key: 'k' }, /key: .*did you mean keys\?/],
    // As short as a misspelling can be.
    ['update_context', { emotion: 'joy', goel: ['x'] }, /goel: .*did you mean goals\?/],
    ['memory_search', { query: 'x', limjt: 3 }, /limjt: .*did you mean limit\?/],
    ['update_context', { mood: 'good' }, /none of the fields that were given is one of its own; unknown: mood/],
    ['memory_search', { query: 'x', tag: 'a' }, /tag: .*did you mean tags\?/],
    ['memory_search', { query: 'x', dateRange: 'today' }, /dateRange: .*did you mean date_range\?/],
    ['memory_search', { query: 'x', importance: 0.5 }, /importance: .*did you mean min_importance\?/],
    ['memory_search', { query: 'x', since: 'today' }, /since: .*did you mean date_range\?/],
    ['memory_search', { query: 'x', min_score: 0.9 }, /min_score: .*its filters are tags/],
    ['memory_create', { content: 'x', date: '2026-11-20' }, /date: .*did you mean occurred_at\?/],
    ['update_context', { goals: [{ text: 'x', done: true }] }, /goals\[0\]\.done: .*did you mean status\?/],
    ['memory_search', { query: 'x', filter: {} }, /filter: .*its filters are tags/],
    ['memory_list', { query: 'x' }, /query: .*its filters are tags/],
    ['memory_list', { limits: 5 }, /limits: .*did you mean limit\?/],
    ['get_context', { persona: 'other' }, /persona: the connection decides/],
  ])('%s refuses it where ignoring it would do harm: %j', (name, raw, message) => {
    expect(refusalOf(name, raw).message).toMatch(message);
  });

  it('is met in the same way by every operation', () => {
    const required = {
      content: 'x',
      key: 'memory_1',
      keys: ['memory_1'],
      query: 'x',
      dry_run: true,
      top: 3,
      tags: ['a'],
    };
    for (const { name, input } of operations) {
      const given = Object.fromEntries(Object.entries(required).filter(([field]) => field in input.shape));
      if (Object.keys(given).length === 0 && Object.keys(input.shape).length > 0) given.emotion = 'joy';
      expect([name, read(name, { ...given, security_risk: 'LOW' }).ignored]).toEqual([name, ['security_risk']]);
      expect([name, refusalOf(name, { ...given, persona: 'other' }).code]).toEqual([name, 'invalid_input']);
    }
  });

  it('is named in a refusal too', () => {
    expect(refusalOf('memory_create', { text: 'x' }).message).toBe('memory_create: content: is missing; unknown: text');
  });

  it('is not looked at one by one where there are thousands', () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`field_${index}`, 1]));
    expect(refusalOf('memory_search', { query: 'x', ...many }).message).toMatch(/has 100000 fields/);
  });
});

describe('what cannot be read', () => {
  it('is refused in words about the argument, all problems named', () => {
    const { message, hint } = refusalOf('memory_search', {
      limit: 'ten',
      mode: 'telepathic',
      tags: [7, ''],
      min_importance: 2,
      include_deleted: 'yes',
    });
    expect(message).toBe(
      'memory_search: mode: must be "hybrid", "keyword" or "semantic", not "telepathic"; limit: must be a number, not "ten"; ' +
        'tags[0]: must be a string, not 7; tags[1]: must not be empty; min_importance: must be at most 1, not 2; ' +
        'include_deleted: must be a boolean, true or false, not "yes"',
    );
    expect(hint).toMatch(/^memory_search takes query\?, /);
  });

  it.each<[string, object, string]>([
    ['memory_create', {}, 'memory_create: content: is missing'],
    ['memory_read', { keys: Array(21).fill('k') }, 'memory_read: keys: has 21 entries, at most 20 are allowed'],
    [
      'memory_create',
      { content: 'x'.repeat(100_001) },
      'memory_create: content: has 100,001 characters, at most 100,000 are allowed',
    ],
    ['memory_read', { keys: ['k'], offset: 1.5 }, 'memory_read: offset: must be an integer, not 1.5'],
    ['memory_create', { content: 'x', tags: "['a']" }, 'memory_create: tags: must be an array, not "[\'a\']"'],
    ['update_context', { user_info: 'Aoi' }, 'update_context: user_info: must be an object, not "Aoi"'],
    ['update_context', { goals: [7] }, 'update_context: goals[0]: must be a string or an object, not 7'],
    [
      'update_context',
      { goals: [{ text: 'x', status: 'finished' }] },
      'update_context: goals[0]: status: must be "open", "done" or "dropped", not "finished"',
    ],
  ])('says what is wrong: %s %#', (name, raw, message) => {
    expect(refusalOf(name, raw).message).toBe(message);
  });

  it('is refused in bounded length', () => {
    const wrong = Object.fromEntries(
      ['tags', 'importance', 'emotion', 'physical_state', 'mental_state', 'environment'].map((name) => [
        name,
        { name },
      ]),
    );
    const { message } = refusalOf('memory_create', { ...wrong, tags: Array(50).fill(7), ['x'.repeat(10_000)]: 1 });
    expect(message.length).toBeLessThan(900);
    expect(message).toMatch(/content: is missing/);
    expect(message).toMatch(/; and tags, .*environment/);
  });
});

describe('clear', () => {
  it('names fields and refuses others', () => {
    expect(read('memory_update', { key: 'k', clear: 'emotion' }).input).toMatchObject({ clear: ['emotion'] });
    expect(refusalOf('memory_update', { key: 'k', clear: ['content'] }).message).toMatch(/clear\[0\]: must be "tags"/);
  });
});
