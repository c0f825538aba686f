/** Pages of a search and of a list: they end with what was found, and filters are the same in both. */
import { describe, expect, it } from 'vitest';
import { spawnServer } from '../support/server.ts';

describe('the pages of a search', () => {
  it('hold each memory with a word of the question once, and nothing else', async () => {
    const server = await spawnServer();
    for (let number = 0; number < 12; number++) {
      await server.create(`陶芸教室の ${number} 回目に行った`);
      await server.create(`The invoice number ${number} was paid`);
    }
    const keys: string[] = [];
    for (let cursor: string | undefined, pages = 0; pages === 0 || cursor !== undefined; pages++) {
      const page = await server.search('陶芸教室', { limit: 5, ...(cursor !== undefined && { cursor }) });
      expect(page.total).toBe(12);
      expect(page.results.every(({ content }) => content?.startsWith('陶芸教室') === true)).toBe(true);
      keys.push(...page.results.map(({ key }) => key));
      cursor = page.next_cursor;
      expect(pages).toBeLessThan(3);
    }
    expect([keys.length, new Set(keys).size]).toEqual([12, 12]);
  });

  it('are none where nothing was found, and one where everything fits', async () => {
    const server = await spawnServer();
    await server.create('陶芸教室に通っている');
    expect(await server.search('quantum physics')).toMatchObject({ results: [], total: 0 });
    const page = await server.search('陶芸教室', { limit: 1 });
    expect(page.total).toBe(1);
    expect(page).not.toHaveProperty('next_cursor');
  });
});

describe('a list', () => {
  it.each(['emotion', 'physical_state', 'mental_state', 'environment', 'relationship_status', 'action_tag'])(
    'filters by %s like a search, ignoring case and width',
    async (field) => {
      const server = await spawnServer();
      const { key } = await server.create('went to the sea', { [field]: 'Calm' });
      await server.create('went to the sea again', { [field]: 'tired' });
      await server.create('went to the sea in May');
      for (const value of ['calm', 'ＣＡＬＭ']) {
        expect(await server.list({ [field]: value })).toMatchObject({ memories: [{ key }], total: 1 });
        expect(await server.search('sea', { [field]: value })).toMatchObject({ results: [{ key }], total: 1 });
      }
    },
  );
});
