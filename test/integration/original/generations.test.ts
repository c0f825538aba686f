/** Every generation of the original system's data, with the faults that it produced: what becomes of it here. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataPaths, personaPaths } from '../../../src/config/paths.ts';
import { findPersonas } from '../../../src/original/find-personas.ts';
import { movePersona, surveyMove } from '../../../src/original/move-persona.ts';
import { writeOriginalPersona } from '../../support/original-data.ts';
import { originalPersonas, writeOriginalDataFolder } from '../../support/original-personas.ts';
import { openTestStore, testFolder } from '../../support/stores.ts';

const now = new Date('2026-11-24T00:30:00.000Z');

/** Moves one persona in place, and opens what it has become. */
async function bringOver(folder: string) {
  const paths = dataPaths(testFolder());
  const data = originalPersonas[folder];
  if (data === undefined) throw new Error(`There is no persona ${folder}`);
  await writeOriginalPersona(paths.data, folder, data);
  const [found] = findPersonas(paths.data);
  if (found === undefined) throw new Error('It was not found');
  const survey = await surveyMove(found, 'Asia/Tokyo');
  const receipt = await movePersona(found, {
    paths,
    timeZone: 'Asia/Tokyo',
    force: data.killed === true,
    backup: false,
    version: '0',
    now: () => now,
    onProgress: () => {},
  });
  expect(receipt).toMatchObject({ ...survey, in_place: true });
  const store = await openTestStore(personaPaths(paths, found.name).database);
  const context = new Map([...store.context.all()].map(([name, { value }]) => [name, value]));
  return {
    receipt,
    store,
    context,
    keys: store.memories.list({ filter: { deleted: 'include' }, order: 'oldest', limit: 100 }).map(({ key }) => key),
  };
}

describe('5 columns, November 2025', () => {
  it('keeps keys and the order of creation, and reads local times, offsets and every form of tags', async () => {
    const { store, keys } = await bringOver('default');
    expect(keys).toEqual([
      'memory_20251101173000_01',
      'memory_20251101173000',
      'memory_20251103080000_merged',
      'memory_20251105101112',
    ]);
    expect(store.memories.read('memory_20251101173000')).toMatchObject({
      content: '苺が好き',
      created_at: '2025-11-01T08:30:00.123Z',
      updated_at: '2025-11-02T00:00:00.000Z',
      tags: ['food'],
      importance: 0.5,
      source: 'import',
    });
    expect(store.memories.read('memory_20251101173000_01')?.tags).toEqual([]);
    expect(store.memories.read('memory_20251103080000_merged')).toMatchObject({
      updated_at: '2025-11-05T12:00:00.500Z',
      tags: [],
    });
  });

  it('repairs what is damaged, leaves out what holds no text, and names both', async () => {
    const { store, receipt } = await bringOver('default');
    expect(store.memories.read('memory_20251105101112')).toMatchObject({
      created_at: '2025-11-05T01:11:12.000Z',
      updated_at: '2025-11-05T01:11:12.000Z',
      tags: ['clock', 'broken'],
    });
    expect(receipt.memories).toBe(4);
    expect(receipt.damaged).toEqual([
      { key: 'memory_20251104000000', reason: 'it holds no text', imported: false },
      { key: 'memory_20251105101112', reason: expect.stringContaining('created_at "yesterday"'), imported: true },
      { key: 'memory_20251105101112', reason: expect.stringContaining('updated_at "soon"'), imported: true },
    ]);
  });

  it('keeps a text that an update replaced, and not one that was deleted', async () => {
    const { store } = await bringOver('default');
    expect(store.memories.versions('memory_20251101173000')).toMatchObject([
      { version: 1, replaced_at: '2025-11-02T00:00:00.000Z', fields: { content: '苺が嫌い' } },
    ]);
    expect(store.memories.read('memory_20251101173000')?.version).toBe(2);
    expect(store.operations.activityOfOthers('this one', now.toISOString())[0]).toBe('2025-11-05T23:00:00.000Z');
    expect(JSON.stringify(store.operations.countsSince('2025-01-01'))).not.toContain('秘密');
  });

  it('takes its context without the values that the original filled in', async () => {
    const { context } = await bringOver('default');
    expect(Object.fromEntries(context)).toEqual({
      emotion: 'joy',
      user_info: { name: 'らう' },
      persona_info: { name: 'default' },
      last_conversation: '2025-11-05T23:00:00.000Z',
    });
  });
});

describe('16 columns, from November 2025', () => {
  it('keeps states, and as JSON what has no field here', async () => {
    const { store } = await bringOver('nilou');
    expect(store.memories.read('memory_20251117200000')).toMatchObject({
      content: '新しい靴で散歩した',
      importance: 0.8,
      emotion: 'joy',
      emotion_intensity: 0.7,
      environment: '公園',
      action_tag: 'walking',
    });
    expect(store.memories.read('memory_20251117200000')?.mental_state).toBeUndefined();
    expect(store.importedFields.of('memory_20251117200000')).toEqual({
      related_keys: ['memory_20251116200000'],
      summary_ref: 'summary_20251118000000',
      equipped_items: { feet: '赤い靴' },
    });
  });

  it('shows as times without a zone only those that have none', async () => {
    const { receipt } = await bringOver('nilou');
    expect(receipt).toMatchObject({
      local_times: 3,
      // The item is older, and its time has an offset.
      oldest: { there: '2025-11-17T20:00:00', here: '2025-11-17T11:00:00.000Z' },
      newest: { there: '2025-11-18T00:00:00', here: '2025-11-17T15:00:00.000Z' },
    });
  });

  it('gives the second of two memories with one key another one, and says so', async () => {
    const { store, receipt } = await bringOver('nilou');
    expect(store.memories.read('memory_20251117200000_01')?.content).toBe('同じ秒のもう一つの記憶');
    expect(receipt.damaged.map(({ reason }) => reason)).toContainEqual(
      'its key memory_20251117200000 was taken or too long; it got memory_20251117200000_01',
    );
  });

  it('keeps summaries under their keys, and numbers within their range', async () => {
    const { store, receipt } = await bringOver('nilou');
    expect(store.memories.read('summary_20251118000000')).toMatchObject({ tags: ['summary', 'walk'], importance: 1 });
    expect(store.importedFields.of('summary_20251118000000')).toEqual({ importance: 1.5 });
    expect(receipt.damaged.map(({ reason }) => reason)).toContainEqual('emotion_intensity "strong" is not a number');
  });

  it('makes memories of items, with how often they are held and where they are worn', async () => {
    const { store, receipt } = await bringOver('nilou');
    expect(store.memories.read('item_b7c1')).toMatchObject({
      content: 'Item: 赤い靴 (shoes, quantity 2, equipped: feet)\n歩きやすい革の靴',
      tags: ['item', 'shoes', 'gift'],
      created_at: '2025-11-16T00:00:00.000Z',
    });
    expect(store.importedFields.of('item_b7c1')).toMatchObject({ quantity: 2, history: [{ action: 'equip' }] });
    expect(receipt).toMatchObject({ items: 1, not_imported: { equipment_history: 1 } });
  });

  it('makes commitments of goals and promises that were texts', async () => {
    const { context } = await bringOver('nilou');
    expect(context.get('goals')).toMatchObject([{ text: '本を書き終える', status: 'open' }]);
    expect(context.get('promises')).toMatchObject([{ text: '土曜に電話する', status: 'open' }]);
    expect(context.get('preferences')).toEqual({ loves: ['tea'], dislikes: [] });
    expect(context.get('persona_info')).toMatchObject({ special_moments: [{ content: '花火' }] });
  });
});

describe('18 columns, from December 2025', () => {
  const folder = Buffer.from('葵').toString('latin1');

  it('gets the name back that was read as Latin-1', async () => {
    const { receipt } = await bringOver(folder);
    expect(receipt).toMatchObject({ persona: '葵', former_name: folder });
  });

  it('makes commitments of rows, and memories of those that say more', async () => {
    const { context, store } = await bringOver(folder);
    expect(context.get('goals')).toMatchObject([
      { text: '富士山に登る', status: 'open', since: '2025-12-12T03:00:00.000Z' },
      { text: '早起きする', status: 'done', closed_at: '2025-12-31T03:00:00.000Z' },
    ]);
    expect(context.get('promises')).toMatchObject([{ text: '写真を送る', status: 'dropped' }]);
    expect(store.memories.read('goal_1')).toMatchObject({
      content: '富士山に登る\n靴を買う',
      tags: ['goal', 'active'],
    });
    expect(store.importedFields.of('goal_1')).toMatchObject({ target_date: '2026-08-01', progress: 30 });
    expect(store.memories.read('goal_2')).toBeUndefined();
  });

  it('pins memory blocks', async () => {
    const { store } = await bringOver(folder);
    expect(store.memories.pinned(5)).toMatchObject([
      { key: 'memory_block_user_model', content: '山が好きな人', tags: ['memory_block', 'user_model'] },
    ]);
  });

  it('reads the backup of a torn context, and what is valid in tables with a history', async () => {
    const { context, receipt } = await bringOver(folder);
    expect(context.get('emotion')).toBe('pride');
    expect(context.get('user_info')).toEqual({ name: '葵' });
    expect(receipt.damaged).toContainEqual({
      key: 'persona_context.json',
      reason: 'persona_context.json is damaged; persona_context.json.backup is used',
      imported: true,
    });
    expect(receipt.not_imported).toEqual({ user_state_history: 1, emotion_history: 1 });
  });

  it('keeps how often a memory was read, and with it the rows of other tables about it', async () => {
    const { store } = await bringOver(folder);
    const key = 'memory_20251212120000';
    expect(store.memories.read(key)).toMatchObject({ access_count: 4, last_accessed_at: '2026-01-01T01:00:00.000Z' });
    expect(store.importedFields.of(key)).toMatchObject({ emotion_history: [{ emotion: 'pride' }] });
  });
});

describe('20 columns, from March 2026', () => {
  const folder = encodeURIComponent('星');

  it('decodes the name, and reads goals, promises, blocks and items of its own forms', async () => {
    const { receipt, context, store } = await bringOver(folder);
    expect(receipt).toMatchObject({ persona: '星', memory_blocks: 1, items: 1, not_imported: {} });
    expect(context.get('goals')).toMatchObject([{ text: '蔵書を数える', status: 'open' }]);
    expect(context.get('promises')).toMatchObject([
      { text: '本を返す', status: 'done', closed_at: '2026-04-03T00:00:00.000Z' },
    ]);
    expect(store.memories.read('memory_block_active_context')?.pinned).toBe(true);
    expect(store.memories.read('item_1')).toMatchObject({
      content: 'Item: 銀の鍵 (misc, quantity 1, equipped: hand)\n書斎の鍵',
    });
    expect(store.importedFields.of('memory_20260401090000_123456_0a1b2c3d')).toEqual({
      privacy_level: 'private',
      source_context: 'chat',
    });
  });
});

describe('24 columns, the last version, killed', () => {
  it('reads what is only in the WAL, with versions and tombstones', async () => {
    const { store } = await bringOver('sofia');
    const key = 'memory_20260601120000_000001_0a1b2c3d';
    expect(store.memories.read(key)).toMatchObject({ content: '今年の抱負は料理', version: 2 });
    expect(store.memories.versions(key)).toMatchObject([
      { version: 1, fields: { content: '今年の抱負は運動', importance: 0.4, tags: ['plan', 'old'] } },
    ]);
    expect(store.importedFields.of(key)).toMatchObject({
      body_state: { fatigue: 0.5 },
      memory_strength: [{ strength: 0.8, recall_count: 3 }],
      memory_entities: [{ entity_id: '料理' }],
      emotion_history: [{ emotion_type: 'joy' }],
    });
    expect(store.memories.read('memory_20260602120000_000001_0a1b2c3d')).toMatchObject({
      deleted_at: '2026-06-04T03:00:00.000Z',
    });
  });

  it('makes commitments of memories with tags, which stay memories', async () => {
    const { store, context } = await bringOver('sofia');
    expect(context.get('goals')).toMatchObject([
      { text: 'フランス語を学ぶ', status: 'open' },
      { text: '10 km 走る', status: 'done' },
    ]);
    expect(context.get('promises')).toMatchObject([{ text: '手紙を書くと約束した', status: 'open' }]);
    expect(store.memories.read('memory_20260601120001_000001_0a1b2c3d')?.tags).toEqual(['goal', 'active']);
  });

  it('reads the context that is valid from its tables', async () => {
    const { context, receipt } = await bringOver('sofia');
    expect(Object.fromEntries(context)).toMatchObject({
      emotion: 'anticipation',
      emotion_intensity: 0.7,
      user_info: { name: 'ソフィア' },
      persona_info: { favorite_items: ['紅茶'], speech_style: 'polite', body_state: { fatigue: '0.3' } },
    });
    expect(receipt.not_imported).toEqual({ context_state: 1, chat_sessions: 1 });
  });
});

it('all personas of a data folder are found, in every layout', async () => {
  const data = testFolder();
  await writeOriginalDataFolder(data);
  const names = ['default', 'nilou', 'old', 'sofia', '星', '葵'];
  expect(findPersonas(data).map(({ name }) => name)).toEqual(names);
  expect(findPersonas(join(data, 'memory')).map(({ name }) => name)).toEqual(names);
  expect(findPersonas(join(data, 'memory', 'nilou')).map(({ name }) => name)).toEqual(['nilou']);
});
