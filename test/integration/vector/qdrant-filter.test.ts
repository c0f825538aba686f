/** A filter lets the same memories through in Qdrant as in SQLite. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Memory, MemoryFilter } from '../../../src/core/memory.ts';
import { openQdrantPersona } from '../../support/qdrant-persona.ts';
import { missingQdrant, openQdrant, type QdrantServer } from '../../support/qdrant-server.ts';

const skip = missingQdrant();
let server: QdrantServer;

beforeAll(async () => {
  if (skip === undefined) server = await openQdrant();
});
afterAll(() => server?.stop());

const drafts: readonly Partial<Memory>[] = [
  {},
  { tags: ['food'], importance: 0.7 },
  { tags: ['Food', 'ＡＬＬＥＲＧＹ'], importance: 0.9, emotion: 'Joy', emotion_intensity: 0.4 },
  { tags: ['allergy', '食べ物'], importance: 0.1 + 0.2, source: 'Claude' },
  { tags: ['food:x', 'a.b'], importance: 1, mental_state: 'calm', physical_state: 'tired', environment: '自宅' },
  { tags: ['50%', '"quoted"'], importance: 0, relationship_status: 'friends', action_tag: 'cooking' },
  { created_at: '2026-01-01T00:00:00.000Z', emotion: 'joy' },
  { created_at: '2026-01-01T00:00:00.001Z', emotion: 'ｊｏｙ' },
  { created_at: '2025-12-31T23:59:59.999Z', emotion: 'joyful' },
  { created_at: '2025-12-31T00:00:00.000Z', occurred_at: '2026-01-01T00:00:00.000Z' },
  { created_at: '2026-01-01T00:00:00.000Z', occurred_at: '2023-01-01T00:00:00.000Z' },
];

const exclude = 'exclude' as const;
const filters: readonly MemoryFilter[] = [
  { deleted: 'exclude' },
  { deleted: 'include' },
  { deleted: 'only' },
  { deleted: exclude, tags: ['FOOD'] },
  { deleted: exclude, tags: ['food', '食べ物'], tagMatch: 'any' },
  { deleted: exclude, tags: ['food', 'allergy'], tagMatch: 'all' },
  { deleted: exclude, tags: ['50%'] },
  { deleted: exclude, tags: ['"quoted"', 'a.b'] },
  { deleted: exclude, tags: ['none'] },
  { deleted: exclude, tags: [] },
  { deleted: exclude, minImportance: 0.3 },
  { deleted: exclude, minImportance: 0.7 },
  { deleted: exclude, minImportance: 1 },
  { deleted: exclude, minImportance: 0 },
  { deleted: exclude, states: { emotion: 'JOY' } },
  { deleted: exclude, states: { source: 'claude' } },
  { deleted: exclude, states: { environment: '自宅', mental_state: 'Calm', physical_state: 'tired' } },
  { deleted: exclude, states: { relationship_status: 'friends', action_tag: 'cooking' } },
  { deleted: exclude, states: { action_tag: 'cook' } },
  { deleted: exclude, happenedFrom: '2026-01-01T00:00:00.000Z', happenedBefore: '2026-01-01T00:00:00.001Z' },
  { deleted: exclude, happenedFrom: '2026-01-01T00:00:00.001Z' },
  { deleted: exclude, happenedBefore: '2026-01-01T00:00:00.000Z' },
  { deleted: 'only', tags: ['food'], minImportance: 0.5 },
];

describe.skipIf(skip !== undefined)(`a filter in Qdrant${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
  it('lets through what it lets through in SQLite, also after the fields changed', async () => {
    const { workspace } = await openQdrantPersona({ server });
    const { memories, vectors } = workspace.store;
    const stored: Memory[] = [];
    for (const [at, draft] of drafts.entries()) {
      const created_at = draft.created_at ?? `2026-02-0${at + 1}T10:00:00.000Z`;
      const fields = { tags: [], importance: 0.5, source: 'test', ...draft, created_at };
      const { memory } = await memories.create({ ...fields, content: `memory ${at}`, key: `memory_${at}` });
      await workspace.embeddingScheduler.embed(memory);
      stored.push(memory);
    }

    const compare = async () => {
      const index = await workspace.indexSync.upToDate();
      if (index === undefined) throw new Error('there are no vectors');
      const seen: number[] = [];
      for (const predicate of filters) {
        const ids = vectors.idsMatching(predicate, index.space) ?? new Set(stored.map(({ id }) => id));
        const expected = (await index.nearest(new Float32Array(48).fill(1), 100)).filter(({ id }) => ids.has(id));
        const found = await index.nearest(new Float32Array(48).fill(1), 100, { predicate, ids: () => ids });
        expect(found, JSON.stringify(predicate)).toEqual(expected);
        seen.push(found.length);
      }
      return seen;
    };

    const before = await compare();
    const [, food, allergy] = stored;
    if (food === undefined || allergy === undefined) throw new Error('nothing was stored');
    await memories.update(food.key, { tags: ['other'], emotion: 'joy' }, { now: '2026-03-01T00:00:00.000Z' });
    await memories.update(allergy.key, { emotion: undefined, tags: [] }, { now: '2026-03-01T00:00:00.000Z' });
    await memories.softDelete(['memory_4', 'memory_1'], '2026-03-01T00:00:00.000Z');
    expect(await compare()).not.toEqual(before);
    await memories.restore('memory_4', undefined, '2026-03-02T00:00:00.000Z');
    await compare();
  });
});
