/** Reading memories by key: whole texts in parts, what was before, and never more than one reply can hold. */
import { describe, expect, it } from 'vitest';
import { visibleText } from '../../../src/core/text/visible-text.ts';
import { openTestApp, type TestApp } from '../../support/apps.ts';
import { failureOf } from '../../support/stores.ts';

interface Read {
  readonly memories: readonly {
    readonly key: string;
    readonly content: string;
    readonly offset?: number;
    readonly next_offset?: number;
    readonly content_length?: number;
    readonly history?: readonly {
      version: number;
      replaced_by: string;
      content?: string;
      preview?: string;
      tags: string[];
    }[];
    readonly history_omitted?: number;
  }[];
  readonly not_found: readonly string[];
  readonly omitted?: readonly string[];
}

async function read(app: TestApp, input: object): Promise<Read> {
  const reply = await app.call('memory_read', input);
  expect(Buffer.byteLength(JSON.stringify(reply))).toBeLessThanOrEqual(40_000);
  // The operation has checked it against its own schema.
  return reply as unknown as Read;
}

const create = async (app: TestApp, content: string, fields: object = {}) =>
  String((await app.call('memory_create', { content, ...fields })).key);

/** The whole text, read part by part. */
async function readWhole(app: TestApp, key: string): Promise<{ text: string; parts: number }> {
  let text = '';
  for (let offset: number | undefined, parts = 1; ; parts++) {
    const { memories } = await read(app, { keys: [key], ...(offset !== undefined && { offset }) });
    const [memory] = memories;
    expect(memory?.offset ?? 0).toBe(text.length);
    text += memory?.content;
    offset = memory?.next_offset;
    if (offset === undefined) return { text, parts };
  }
}

describe('a long text', () => {
  it.each([
    ['Japanese', '長い文章です。'.repeat(14_000)],
    ['English with quotes', 'She said "yes" \\ and left.\n'.repeat(3_700)],
    ['emoji', '👨‍👩‍👧‍👦🎂👍🏽'.repeat(5_800)],
    ['hidden characters', 'pay\u200bment\u202e'.repeat(10_000)],
    ['one character', '\u0301'.repeat(99_999)],
  ])('is read part by part to its last character: %s', async (_, content) => {
    const app = await openTestApp();
    const key = await create(app, content);
    const { text, parts } = await readWhole(app, key);
    expect(text === visibleText(content)).toBe(true);
    expect(parts).toBeGreaterThan(2);
  });

  it('says how long it is, and an offset behind its end is nothing', async () => {
    const app = await openTestApp();
    const key = await create(app, '長'.repeat(50_000));
    const { memories } = await read(app, { keys: [key] });
    expect(memories[0]).toMatchObject({ content_length: 50_000, next_offset: memories[0]?.content.length });
    expect((await read(app, { keys: [key], offset: 50_000 })).memories[0]).toMatchObject({
      content: '',
      offset: 50_000,
    });
  });
});

describe('several memories', () => {
  it('share the room: short ones are whole, long ones are cut alike', async () => {
    const app = await openTestApp();
    const short = await create(app, '短い');
    const long = [await create(app, '長'.repeat(20_000)), await create(app, '永'.repeat(20_000))];
    const { memories } = await read(app, { keys: [long[0], short, long[1]] });
    expect(memories.map(({ key }) => key)).toEqual([long[0], short, long[1]]);
    expect(memories[1]).toMatchObject({ content: '短い' });
    expect(memories[1]?.next_offset).toBeUndefined();
    expect(memories[0]?.next_offset).toBe(memories[2]?.next_offset);
    expect(memories[0]?.next_offset).toBeGreaterThan(5_000);
  });

  it('are left out by name where even their fields have no room', async () => {
    const app = await openTestApp();
    const tags = (seed: number) => Array.from({ length: 50 }, (_, index) => `${seed}-${index}`.padEnd(100, '長'));
    const keys = [];
    for (let seed = 0; seed < 6; seed++) keys.push(await create(app, `memory ${seed}`, { tags: tags(seed) }));
    const first = await read(app, { keys });
    expect(first.memories.map(({ content }) => content)).toEqual(['memory 0', 'memory 1']);
    expect(first.omitted).toEqual(keys.slice(2));
    expect((await read(app, { keys: first.omitted })).memories).toHaveLength(2);
  });

  it('that do not exist are named beside those that do; a key given twice is one', async () => {
    const app = await openTestApp();
    const key = await create(app, 'one');
    const reply = await read(app, { keys: ['memory_x', key, 'memory_y', key] });
    expect([reply.memories.map((memory) => memory.key), reply.not_found]).toEqual([[key], ['memory_x', 'memory_y']]);
    const failure = await failureOf(() => read(app, { keys: ['memory_x', 'memory_y'] }));
    expect([failure.code, failure.message]).toEqual(['not_found', expect.stringContaining('"memory_x"')]);
  });
});

describe('the history', () => {
  it('is what was replaced, newest first, with all its fields', async () => {
    const app = await openTestApp();
    const key = await create(app, 'one', { tags: ['a'], emotion: 'joy' });
    await app.call('memory_update', { key, content: 'two', tags: ['b'] });
    await app.call('memory_delete', { keys: [key] });
    const { memories } = await read(app, { keys: [key], history: true });
    expect(memories[0]).toMatchObject({
      content: 'two',
      version: 3,
      history: [
        { version: 2, replaced_by: 'delete', content: 'two', tags: ['b'], emotion: 'joy' },
        { version: 1, replaced_by: 'update', content: 'one', tags: ['a'], emotion: 'joy' },
      ],
    });
    expect((await read(app, { keys: [key] })).memories[0]?.history).toBeUndefined();
  });

  it('shows long texts as previews and says how many older states had no room', async () => {
    const app = await openTestApp();
    const key = await create(app, '長'.repeat(60_000));
    for (let index = 0; index < 120; index++) {
      await app.call('memory_update', { key, content: `${index}${'長'.repeat(30_000)}` });
    }
    const [memory] = (await read(app, { keys: [key], history: true })).memories;
    expect(memory?.content.length).toBeGreaterThan(5_000);
    expect(memory?.history?.[0]).toMatchObject({ version: 120, preview: expect.stringMatching(/^118長+…$/) });
    const shown = memory?.history?.length ?? 0;
    expect(shown).toBeGreaterThan(10);
    expect(memory?.history_omitted).toBe(120 - shown);
  });
});

it('reading counts the use of what was shown, and nothing else', async () => {
  const app = await openTestApp();
  const key = await create(app, 'one');
  await read(app, { keys: [key] });
  await read(app, { keys: [key], history: true });
  await app.close();
  const again = await openTestApp({ dataDir: app.dataDir, clock: app.clock });
  const [memory] = (await read(again, { keys: [key] })).memories;
  expect(memory).toMatchObject({ access_count: 2, version: 1, content: 'one' });
});
