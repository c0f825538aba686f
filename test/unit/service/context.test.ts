/** The context: what an assistant notes and finds again at the start of every session. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTestApp, type TestApp } from '../../support/apps.ts';
import { failureOf, filesIn, settableClock } from '../../support/stores.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

const update = async (app: TestApp, change: object) => (await app.call('update_context', change)).context;
const contextFile = (app: TestApp) => join(app.dataDir, 'memory', 'default', 'persona_context.json');
const mirrorOf = (app: TestApp) => JSON.parse(readFileSync(contextFile(app), 'utf8'));

describe('a state', () => {
  it('is noted, changed, cleared, and says how old it is', async () => {
    const app = await openTestApp();
    await update(app, { emotion: 'joy', emotion_intensity: 0.7, environment: '自宅' });
    app.clock.advance(3 * day);
    expect(await app.call('get_context')).toMatchObject({
      state: { emotion: 'joy', emotion_intensity: 0.7, environment: '自宅' },
      state_age: '3 days ago',
    });
    expect(await update(app, { clear: ['emotion'], physical_state: 'tired' })).toMatchObject({
      state: { emotion_intensity: 0.7, environment: '自宅', physical_state: 'tired' },
      state_age: 'just now',
    });
  });
});

describe('a record', () => {
  it('is merged name by name, and null removes a name', async () => {
    const app = await openTestApp();
    await update(app, { user_info: { name: '葵', city: 'Kyoto' }, preferences: { loves: ['tea'] } });
    const context = await update(app, { user_info: { city: null, job: { title: 'nurse' } } });
    expect(context).toMatchObject({
      user_info: { name: '葵', job: { title: 'nurse' } },
      preferences: { loves: ['tea'] },
    });
    expect(await update(app, { user_info: { name: null, job: null } })).toMatchObject({ user_info: {} });
  });

  it('keeps names that mean something to JavaScript as plain names', async () => {
    const app = await openTestApp();
    const context = await update(app, { user_info: { constructor: 'y', toString: 'z' } });
    expect(JSON.stringify(context)).toContain('"constructor":"y","toString":"z"');
    expect(await update(app, { user_info: { constructor: null, toString: null } })).toBeDefined();
    const hidden = await failureOf(() => update(app, JSON.parse('{"user_info":{"__proto__":"x"}}')));
    expect(hidden.message).toContain('user_info.__proto__: is a name that cannot be kept');
  });

  it('is refused if it is nested too deeply', async () => {
    const app = await openTestApp();
    const nested = (levels: number): unknown => Array.from({ length: levels }).reduce((inner) => [inner], 'x');
    await update(app, { user_info: { a: nested(9) } });
    for (const levels of [10, 20_000]) {
      const failure = await failureOf(() => update(app, { user_info: { a: nested(levels) } }));
      expect([failure.code, failure.message]).toEqual([
        'invalid_input',
        expect.stringContaining('user_info: must not be nested'),
      ]);
    }
  });

  it('is refused if it would become too long', async () => {
    const app = await openTestApp();
    await update(app, { user_info: { a: 'x'.repeat(3_000) } });
    const failure = await failureOf(() => update(app, { emotion: 'joy', user_info: { b: 'x'.repeat(3_000) } }));
    expect([failure.code, failure.message]).toEqual(['invalid_input', expect.stringMatching(/^user_info: .*4000/)]);
    expect(failure.hint).toContain('memory_create');
    // All or nothing: the emotion beside it was not noted either.
    expect(await app.call('get_context')).toMatchObject({ user_info: { a: 'x'.repeat(3_000) } });
  });
});

describe('goals and promises', () => {
  it('are open until they are closed, and keep when they were noted', async () => {
    const app = await openTestApp();
    await update(app, { goals: ['引っ越す', 'Learn Rust.'], promises: [{ text: '明日電話する' }] });
    app.clock.advance(day);
    const closing = await update(app, {
      goals: [{ text: ' learn  RUST', status: 'done' }],
      promises: [{ text: '明日電話する', status: 'dropped' }],
    });
    const since = '2026-11-24T00:30:00.000Z';
    const closed_at = '2026-11-25T00:30:00.000Z';
    expect(closing).toMatchObject({
      goals: [
        { text: '引っ越す', status: 'open', since },
        { text: 'Learn Rust.', status: 'done', since, closed_at },
      ],
      promises: [{ text: '明日電話する', status: 'dropped', since, closed_at }],
    });
    const known = await app.call('get_context');
    expect(known).toMatchObject({ goals: [{ text: '引っ越す' }] });
    expect(known).not.toHaveProperty('promises');
    app.clock.advance(day);
    const reopened = await update(app, { goals: ['learn rust'] });
    expect(reopened).toMatchObject({ goals: [{ text: '引っ越す' }, { text: 'Learn Rust.', status: 'open', since }] });
    expect(JSON.stringify(reopened)).not.toContain('closed_at');
  });

  it('that was never added cannot be closed; the error lists the open ones', async () => {
    const app = await openTestApp();
    await update(app, { goals: ['引っ越す'] });
    const failure = await failureOf(() => update(app, { goals: [{ text: '転職する', status: 'done' }] }));
    expect([failure.code, failure.message]).toEqual(['not_found', expect.stringContaining('"転職する"')]);
    expect(failure.hint).toContain('"引っ越す"');
  });

  it('stay few: at most fifty are open, and the newest hundred closed ones are kept', async () => {
    const app = await openTestApp();
    const texts = (from: number, count: number) => Array.from({ length: count }, (_, index) => `goal ${from + index}`);
    await update(app, { goals: texts(0, 50) });
    expect((await failureOf(() => update(app, { goals: ['one more'] }))).message).toContain('51 would be open');
    for (let from = 0; from < 150; from += 50) {
      app.clock.advance(minute);
      if (from > 0) await update(app, { goals: texts(from, 50) });
      await update(app, { goals: texts(from, 50).map((text) => ({ text, status: 'done' })) });
    }
    await update(app, { goals: ['one more'] });
    const noted = mirrorOf(app).goals.map(({ text }: { text: string }) => text);
    expect(noted).toEqual([...texts(50, 100), 'one more']);
  });
});

describe('persona_context.json', () => {
  it('contains the whole context, closed goals included, and a note about itself', async () => {
    const app = await openTestApp();
    await update(app, { emotion: 'joy', goals: ['a', 'b'] });
    await update(app, { goals: [{ text: 'a', status: 'done' }] });
    expect(mirrorOf(app)).toMatchObject({
      note: expect.stringContaining('memory-mcp'),
      persona: 'default',
      state: { emotion: 'joy' },
      goals: [
        { text: 'a', status: 'done' },
        { text: 'b', status: 'open' },
      ],
    });
    expect([...filesIn(dirname(contextFile(app))).keys()].filter((name) => name.includes('tmp'))).toEqual([]);
  });

  it('is never read back', async () => {
    const app = await openTestApp();
    await update(app, { emotion: 'joy' });
    writeFileSync(contextFile(app), readFileSync(contextFile(app), 'utf8').replace('joy', 'anger'));
    expect(await app.call('get_context')).toMatchObject({ state: { emotion: 'joy' } });
    await update(app, { clear: ['emotion'] });
    writeFileSync(
      contextFile(app),
      readFileSync(contextFile(app), 'utf8').replace('"state": {}', '"state": {"emotion": "x"}'),
    );
    expect(await app.call('get_context')).not.toHaveProperty('state');
  });

  it('that cannot be written is a warning: the context itself is stored', async () => {
    const app = await openTestApp();
    await update(app, { emotion: 'joy' });
    const file = contextFile(app);
    const { rmSync } = await import('node:fs');
    rmSync(file);
    mkdirSync(join(file, 'in the way'), { recursive: true });
    expect(await update(app, { emotion: 'calm' })).toMatchObject({ state: { emotion: 'calm' } });
    expect(app.warnings.join()).toContain('persona_context.json could not be written');
    expect(await app.call('get_context')).toMatchObject({ state: { emotion: 'calm' } });
  });
});

describe('the original system’s file', () => {
  const original = {
    user_info: { name: '葵', nickname: null, preferred_address: '葵さん' },
    persona_info: { name: 'default', nickname: 'ミ' },
    last_conversation_time: '2026-11-20T21:15:30.123456+09:00',
    current_emotion: 'joy',
    current_emotion_intensity: 0.8,
    physical_state: 'normal',
    mental_state: 'tired',
    environment: 'unknown',
    relationship_status: 'normal',
    current_action_tag: 'cooking',
    favorite_items: ['red scarf'],
    active_promises: '明日電話する',
    current_goals: '引っ越す',
    preferences: { loves: ['tea'], dislikes: [] },
    special_moments: [{ content: '花火', date: '2025-08-01', emotion: 'joy' }],
  };

  async function appWith(content: string) {
    const app = await openTestApp();
    mkdirSync(dirname(contextFile(app)), { recursive: true });
    writeFileSync(contextFile(app), content);
    return app;
  }

  it('is what there is until a first change, and reading it changes nothing', async () => {
    const app = await appWith(JSON.stringify(original));
    const before = filesIn(app.dataDir);
    const expected = {
      state: { emotion: 'joy', emotion_intensity: 0.8, mental_state: 'tired', action_tag: 'cooking' },
      user_info: { name: '葵', preferred_address: '葵さん' },
      persona_info: {
        name: 'default',
        nickname: 'ミ',
        favorite_items: ['red scarf'],
        special_moments: [{ content: '花火' }],
      },
      preferences: { loves: ['tea'], dislikes: [] },
      goals: [{ text: '引っ越す', status: 'open', since: '2026-11-20T12:15:30.123Z' }],
      promises: [{ text: '明日電話する', status: 'open' }],
      last_conversation: { at: '2026-11-20T12:15:30.123Z', age: '4 days ago' },
      state_age: '4 days ago',
    };
    expect(await app.call('get_context')).toMatchObject(expected);
    expect(await app.call('get_context')).toMatchObject(expected);
    expect(filesIn(app.dataDir)).toEqual(before);
  });

  it('is taken over whole by the first change, set aside, and never read again', async () => {
    const text = JSON.stringify(original);
    const app = await appWith(text);
    await update(app, { emotion: 'calm', promises: [{ text: '明日電話する', status: 'done' }] });
    const aside = join(dirname(contextFile(app)), 'original', 'persona_context.json');
    expect(readFileSync(aside, 'utf8')).toBe(text);
    expect(await app.call('get_context')).toMatchObject({
      state: { emotion: 'calm', mental_state: 'tired' },
      user_info: { name: '葵' },
      goals: [{ text: '引っ越す' }],
      last_conversation: { at: '2026-11-20T12:15:30.123Z' },
    });
    writeFileSync(contextFile(app), text.replace('joy', 'anger'));
    await update(app, { environment: 'home' });
    expect(await app.call('get_context')).toMatchObject({ state: { emotion: 'calm', environment: 'home' } });
    // What was set aside first is kept, whatever else turned up at the place of the mirror.
    expect(readFileSync(aside, 'utf8')).toBe(text);
  });

  it('with naive times means the configured time zone', async () => {
    const app = await appWith(JSON.stringify({ last_conversation_time: '2026-11-20T21:15:30' }));
    expect(await app.call('get_context')).toMatchObject({ last_conversation: { at: '2026-11-20T12:15:30.000Z' } });
  });

  it('with only its default values is treated as empty', async () => {
    const app = await appWith(
      JSON.stringify({
        user_info: { name: 'User', nickname: null, preferred_address: null },
        persona_info: { name: 'default', nickname: null, preferred_address: null },
        last_conversation_time: '2025-11-01T17:30:00+09:00',
        current_emotion: 'neutral',
        physical_state: 'normal',
        mental_state: 'calm',
        environment: 'unknown',
        relationship_status: 'normal',
      }),
    );
    const known = await app.call('get_context');
    expect(known).toMatchObject({
      persona_info: { name: 'default' },
      last_conversation: { at: '2025-11-01T08:30:00.000Z' },
    });
    for (const empty of ['state', 'user_info', 'goals', 'promises']) expect(known).not.toHaveProperty(empty);
  });

  it.each([
    '{"user_info": {"name": "葵"',
    '',
    '[]',
    '"text"',
    '{"user_info": 7, "current_emotion": ["x"], "last_conversation_time": "soon"}',
  ])('that cannot be understood is set aside and not lost: %s', async (text) => {
    const app = await appWith(text);
    const read = await app.call('get_context');
    expect([read.state, read.user_info, read.last_conversation]).toEqual([undefined, undefined, undefined]);
    await update(app, { emotion: 'joy' });
    expect(readFileSync(join(dirname(contextFile(app)), 'original', 'persona_context.json'), 'utf8')).toBe(text);
    expect(mirrorOf(app)).toMatchObject({ state: { emotion: 'joy' } });
  });
});

describe('get_context', () => {
  it('of a persona that does not exist answers empty and creates nothing', async () => {
    const app = await openTestApp();
    const reply = await app.call('get_context', {}, { persona: '知らない人' });
    expect(reply).toMatchObject({ persona: '知らない人', recent: [], total_memories: 0 });
    for (const empty of ['state', 'goals', 'pinned', 'important']) expect(reply).not.toHaveProperty(empty);
    expect(reply.last_conversation).toBeUndefined();
    await app.close();
    expect(existsSync(app.dataDir)).toBe(false);
  });

  it('shows pinned memories, recent ones, how many there are, and when the last conversation was', async () => {
    const clock = settableClock('2026-11-20T00:00:00.000Z');
    const first = await openTestApp({ clock });
    for (let index = 0; index < 8; index++) {
      clock.advance(minute);
      await first.call('memory_create', { content: `memory ${index}` });
    }
    await first.call('memory_pin', { key: 'memory_20261120090200' });
    await first.close();
    clock.set('2026-11-24T00:30:00.000Z');
    const app = await openTestApp({ dataDir: first.dataDir, clock });
    const contents = (list: unknown) => (list as { content: string }[]).map(({ content }) => content);
    for (const _ of [1, 2]) {
      const reply = await app.call('get_context');
      expect(contents(reply.pinned)).toEqual(['memory 1']);
      expect(contents(reply.recent)).toEqual(['memory 7', 'memory 6', 'memory 5', 'memory 4', 'memory 3']);
      expect(reply).toMatchObject({
        total_memories: 8,
        now: '2026-11-24T09:30:00+09:00',
        weekday: 'Tuesday',
        timezone: 'Asia/Tokyo',
        last_conversation: { at: '2026-11-20T00:08:00.000Z', age: '4 days ago' },
        recall: { mode: 'keyword' },
      });
    }
  });

  it('changes nothing that is stored; a read-only caller leaves the file byte for byte', async () => {
    const first = await openTestApp();
    const { key } = await first.call('memory_create', { content: '苺が好き' });
    await first.call('update_context', { emotion: 'joy' });
    await first.close();
    const before = filesIn(first.dataDir);
    const app = await openTestApp({ dataDir: first.dataDir });
    const reader = { readOnly: true };
    await app.call('get_context', {}, reader);
    await app.call('memory_read', { keys: [key], history: true }, reader);
    await app.call('memory_list', {}, reader);
    await app.call('memory_search', { query: '苺' }, reader);
    await app.close();
    expect(filesIn(first.dataDir)).toEqual(before);
  });
});
