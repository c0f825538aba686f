/**
 * What a search says besides its hits: which mode ran and why, how sure it is, where the next page is, and why each hit
 * is one.
 */
import { describe, expect, it } from 'vitest';
import { describeEachEra } from '../support/eras.ts';
import { tinyModels } from '../support/model-servers.ts';
import { spawnServer, type TestServer } from '../support/server.ts';

async function untilEmbedded(server: TestServer): Promise<void> {
  await expect
    .poll(async () => (await server.call('get_context')).structured, { timeout: 30_000 })
    .toMatchObject({ recall: { state: 'ready', queued: 0 } });
}

describeEachEra('a search reply', (spawn) => {
  it('says that words alone were searched, and why, where no model is configured', async () => {
    const server = await spawn();
    await server.create('苺のアレルギーがある');
    const { structured } = await server.call('memory_search', { query: '苺' });
    expect(structured).toMatchObject({
      mode: 'keyword',
      degraded_reason: expect.stringMatching(/no embedding model/i),
      total: 1,
    });
    const asked = await server.call('memory_search', { query: '苺', mode: 'keyword' });
    expect(asked.structured).not.toHaveProperty('degraded_reason');
  });

  it('says none, and nothing else, where nothing was found', async () => {
    const server = await spawn();
    expect((await server.call('memory_search', { query: 'quantum physics' })).structured).toMatchObject({
      results: [],
      strength: 'none',
    });
    await server.create('I am allergic to strawberries');
    const { structured } = await server.call('memory_search', { query: 'quantum physics' });
    expect(structured).toMatchObject({ results: [], total: 0, strength: 'none' });
  });

  it('says weak where words alone cannot know, since the memories are in another language', async () => {
    const server = await spawn();
    await server.create('苺のアレルギーがある', { tags: ['health'] });
    await server.create('I have two cats', { tags: ['pets'] });
    const { structured } = await server.call('memory_search', { query: 'quantum physics' });
    expect(structured).toMatchObject({ results: [], total: 0, strength: 'weak', mode: 'keyword' });
    const pets = await server.call('memory_search', { query: 'quantum physics', tags: ['pets'] });
    expect(pets.structured).toMatchObject({ results: [], strength: 'none' });
  });

  it('is strong for a memory that stands out by its words and weak for one among many', async () => {
    const server = await spawn();
    for (let number = 0; number < 12; number++) await server.create(`定例会議のメモ その${number}`);
    await server.create('ヴェネツィアの仮面祭で財布をなくした');
    expect(
      (await server.call('memory_search', { query: 'ヴェネツィアの仮面祭で財布をなくした' })).structured,
    ).toMatchObject({ strength: 'strong' });
    expect((await server.call('memory_search', { query: '会議' })).structured).toMatchObject({ strength: 'weak' });
  });

  it('finds the answer in a conversation whose subject was named just before', async () => {
    const server = await spawn();
    for (let number = 0; number < 8; number++) await server.create(`The invoice number ${number} was 12 euros`);
    await server.create('Alice talked about the pottery course she took in Venice');
    await server.create('It was 80 euros');
    await server.create('Bob likes tennis');
    const { structured } = await server.call('memory_search', { query: 'How many euros was the pottery course?' });
    const texts = (structured as { results: { content: string }[] }).results.map(({ content }) => content);
    expect(texts.slice(0, 2)).toEqual(['Alice talked about the pottery course she took in Venice', 'It was 80 euros']);
  });

  it('pages through one ranked list without a gap or a repetition', async () => {
    const server = await spawn();
    for (let number = 0; number < 23; number++) await server.create(`京都の寺を訪れた ${number} 回目の記録`);
    const seen: string[] = [];
    for (let cursor: unknown; ; ) {
      const { structured } = await server.call('memory_search', {
        query: '京都の寺',
        limit: 5,
        ...(cursor !== undefined && { cursor }),
      });
      const { results, total, next_cursor } = structured as {
        results: { key: string }[];
        total: number;
        next_cursor?: string;
      }; // its schema
      expect(total).toBe(23);
      seen.push(...results.map(({ key }) => key));
      cursor = next_cursor;
      if (cursor === undefined) break;
    }
    expect(new Set(seen).size).toBe(23);
    expect(seen).toHaveLength(23);
  });

  it('refuses a cursor of another question and names the way out', async () => {
    const server = await spawn();
    for (let number = 0; number < 8; number++) await server.create(`京都の寺 ${number}`);
    const { structured } = await server.call('memory_search', { query: '京都', limit: 3 });
    const { next_cursor: cursor } = structured as { next_cursor: string }; // its schema
    const refused = await server.call('memory_search', { query: '大阪', limit: 3, cursor });
    expect(refused.isError).toBe(true);
    expect(refused.text).toMatch(/cursor.*another query/);
  });

  it('shows the part of a long memory that answers, and its length', async () => {
    const server = await spawn();
    const filler = '今日は天気の話をした。'.repeat(900);
    const { key } = await server.create(`${filler}金庫の暗証番号は海辺の石の下に書いてある。${filler}`);
    for (let number = 0; number < 4; number++) await server.create(`${'金庫の話。'.repeat(700)}${number}`);
    const { structured } = await server.call('memory_search', { query: '金庫の暗証番号' });
    const { results } = structured as { results: { key: string; preview?: string; content_length?: number }[] }; // its schema
    const hit = results.find((result) => result.key === key);
    expect(hit?.preview).toContain('暗証番号');
    expect(hit?.content_length).toBeGreaterThan(10_000);
  });

  it('finds what lies near a memory, without the memory itself', async () => {
    const server = await spawn();
    const { key } = await server.create('京都で犬を飼い始めた');
    const near = await server.create('京都の犬の散歩道');
    await server.create('The build is green');
    const { structured } = await server.call('memory_search', { related_to: key });
    const { results } = structured as { results: { key: string }[] }; // its schema
    expect(results.map((result) => result.key)).toEqual([near.key]);
    const both = await server.call('memory_search', { related_to: key, query: '犬' });
    expect(both.isError).toBe(true);
    expect(both.text).toContain('either query or related_to');
  });
});

describe('a search with a model', () => {
  it('reports words and meaning separately for each hit, and explains what it did not find', async () => {
    const server = await spawnServer({
      env: { ...tinyModels(), MEMORY_MCP_RERANKER_MODEL: 'none', MEMORY_MCP_TOOLS: 'full' },
    });
    const { key } = await server.create('京都で犬を飼い始めた');
    await server.create('苺のアレルギーがある');
    await untilEmbedded(server);
    const { structured } = await server.call('memory_search', { query: '京都の犬' });
    expect(structured).toMatchObject({
      mode: 'hybrid',
      results: [{ key, why: { text: expect.any(Number), vector: expect.any(Number) } }, { why: { text: 0 } }],
    });
    const hidden = await server.call('recall_explain', { query: '京都の犬', key, tags: ['travel'] });
    expect(hidden.structured).toMatchObject({ found: false, hidden_by: ['tags'], vector: 'indexed' });
    const withSqliteErrors = await server.call('recall_explain', { query: '京都の犬', key });
    expect(withSqliteErrors.structured).toMatchObject({
      found: true,
      hidden_by: [],
      rank: { words: 1, meaning: 1, list: 1 },
      turns: { ends_in_question: false, speaker_named: false, own: 0 },
    });
  });
});
