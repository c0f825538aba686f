import { describe, expect, it } from 'vitest';
import type { MemoryFilter } from '../../../src/core/memory.ts';
import { explainRecall } from '../../../src/search/explain.ts';
import { rankMemories } from '../../../src/search/ranked-list.ts';
import { searchable } from '../../support/searchable.ts';
import { draft, live, now } from '../../support/stores.ts';

async function conversation() {
  const { workspace, scope } = await searchable();
  const { memories } = workspace.store;
  for (const [key, content, tags] of [
    ['question', 'Bob: which museum did you visit in Lisbon?', ['trip']],
    ['answer', 'Ann: the one with the blue tiles', ['trip']],
    ['other', 'Bob: good night', []],
  ] as const)
    await memories.create(draft(content, { key: `memory_${key}`, tags }));
  const search = async (filter: MemoryFilter = live) => {
    const list = await rankMemories(scope, { query: 'What museum in Lisbon did Ann visit?' }, 'keyword', filter);
    return list.memories.map(({ memory }) => memory.content);
  };
  return { memories, search, scope };
}

describe('the memories beside one that was found', () => {
  it('are found too, and that of the named speaker leads the question before it', async () => {
    const { search } = await conversation();
    expect((await search()).slice(0, 2)).toEqual([
      'Ann: the one with the blue tiles',
      'Bob: which museum did you visit in Lisbon?',
    ]);
  });

  it('pass the filters of the search', async () => {
    const { memories, search } = await conversation();
    expect(await search({ ...live, tags: ['trip'] })).toHaveLength(2);
    await memories.softDelete(['memory_answer'], now);
    expect(await search()).not.toContain('Ann: the one with the blue tiles');
  });

  it('are named by the explanation of what they lent', async () => {
    const { scope } = await conversation();
    const explain = (key: string) =>
      explainRecall(scope, { queryText: 'What museum in Lisbon did Ann visit?', key, filter: live });
    const { turns: answer } = await explain('memory_answer');
    expect(answer).toMatchObject({ ends_in_question: false, speaker_named: true, own: 2, lent_by: 'memory_question' });
    expect(answer?.lent).toBeGreaterThan(0);
    const { turns: question } = await explain('memory_question');
    expect(question).toMatchObject({ ends_in_question: true, speaker_named: false, own: -1.5 });
    expect((await explain('memory_other')).turns).toBeUndefined();
  });
});
