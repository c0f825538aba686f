/**
 * What real clients send besides well-formed calls, through the front door: it is read where it can only mean one thing,
 * and nothing is changed that was not asked for.
 */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { describeEachEra } from '../support/eras.ts';

const withIgnored = z.looseObject({ ignored: z.array(z.string()) });

describeEachEra('a client that fills every field', (spawn) => {
  it('changes with its nulls nothing that it does not mean', async () => {
    const server = await spawn();
    const { key } = await server.create('葵は苺のアレルギーがある', {
      tags: ['allergy'],
      importance: 0.95,
      emotion: 'worry',
      emotion_intensity: 0.7,
    });
    const nulls = {
      tags: null,
      importance: null,
      emotion: null,
      emotion_intensity: null,
      physical_state: null,
      clear: null,
      expected_version: null,
    };
    const changed = await server.call('memory_update', { ...nulls, key, content: '葵は苺と桃のアレルギーがある' });
    expect(changed.isError).toBe(false);
    const kept = { tags: ['allergy'], importance: 0.95, emotion: 'worry', emotion_intensity: 0.7 };
    expect((await server.read(key)).memories[0]).toMatchObject({ ...kept, content: '葵は苺と桃のアレルギーがある' });

    const empty = await server.call('memory_update', { ...nulls, key, content: null });
    expect(empty).toMatchObject({ isError: true, text: expect.stringContaining('no field to change') });
    expect((await server.read(key)).memories[0]).toMatchObject({ ...kept, version: 2 });
  });

  it('empties what it names in clear', async () => {
    const server = await spawn();
    const { key } = await server.create('x', { tags: ['a'], importance: 0.9, emotion: 'joy' });
    const both = await server.call('memory_update', { key, clear: ['emotion'], emotion: 'fear' });
    expect(both).toMatchObject({
      isError: true,
      text: expect.stringContaining('emotion is given and in clear as well'),
    });

    await server.call('memory_update', { key, clear: ['tags', 'emotion', 'importance'] });
    const [memory] = (await server.read(key)).memories;
    expect(memory).toMatchObject({ tags: [], importance: 0.5 });
    expect(memory).not.toHaveProperty('emotion');
  });

  it('clears the context by name, and names inside a record with null', async () => {
    const server = await spawn();
    await server.call('update_context', {
      emotion: 'joy',
      user_info: { name: '葵', city: '大阪' },
      preferences: { loves: ['tea'] },
      goals: ['learn Go', 'run'],
    });
    await server.call('update_context', { emotion: null, user_info: { city: null }, preferences: null, goals: null });
    expect((await server.call('get_context')).structured).toMatchObject({
      state: { emotion: 'joy' },
      user_info: { name: '葵' },
      preferences: { loves: ['tea'] },
      goals: [{ text: 'learn Go' }, { text: 'run' }],
    });
    expect((await server.call('get_context')).structured.user_info).not.toHaveProperty('city');

    const cleared = await server.call('update_context', { clear: ['emotion', 'preferences', 'goals'] });
    expect(cleared.structured.context).toMatchObject({
      goals: [
        { text: 'learn Go', status: 'dropped' },
        { text: 'run', status: 'dropped' },
      ],
    });
    const { structured } = await server.call('get_context');
    expect(JSON.stringify(structured)).not.toMatch(/joy|tea|learn Go/);
    expect(structured).toMatchObject({ user_info: { name: '葵' } });
  });
});

describeEachEra('a client that writes values as text', (spawn) => {
  it('is understood', async () => {
    const server = await spawn();
    const { key } = await server.create('会議室の鍵は受付にある', { tags: '鍵', importance: '0.8' });
    const hit = { key, tags: ['鍵'], importance: 0.8 };
    expect((await server.search('鍵', { limit: '3', tags: '["鍵"]', include_deleted: 'False' })).results).toMatchObject(
      [hit],
    );
    expect((await server.call('memory_read', { keys: key, history: 'true' })).structured).toMatchObject({
      memories: [{ key, history: [] }],
    });
  });
});

describeEachEra('a client that adds fields of its own to every call', (spawn) => {
  it('is served, and told which were ignored', async () => {
    const server = await spawn();
    const own = { security_risk: 'LOW', waitForPreviousTools: true };
    const created = await server.call('memory_create', { content: 'x', ...own });
    expect(withIgnored.parse(created.structured).ignored).toEqual(['security_risk', 'waitForPreviousTools']);
    expect((await server.call('memory_search', { query: 'x', ...own })).structured).toMatchObject({
      total: 1,
      ignored: ['security_risk', 'waitForPreviousTools'],
    });
    expect((await server.call('memory_search', { query: 'x' })).structured).not.toHaveProperty('ignored');
  });

  it('is refused where that would do harm, and nothing is done', async () => {
    const server = await spawn();
    const { key } = await server.create('x');
    for (const args of [
      { keys: [key], dry_run: true },
      { keys: [key], confirm: false },
    ]) {
      expect(await server.call('memory_delete', args)).toMatchObject({ isError: true });
    }
    const guarded = await server.call('memory_update', { key, content: 'y', expect_version: 9 });
    expect(guarded.text).toContain('did you mean expected_version?');
    expect((await server.read(key)).memories[0]).toMatchObject({ content: 'x', version: 1 });
  });
});
