/** What the receipt of memory_create says is stored already in other words. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { untilEmbedded } from '../support/model-servers.ts';
import { spawnServer } from '../support/server.ts';
import { repositoryRoot } from '../support/surroundings.ts';

const others = [
  'She plays the piano in a jazz band',
  '土曜日は陶芸教室に通っている',
  'The rent goes up in April',
  '猫を二匹飼っている',
];

describe('similar, by words', () => {
  it.each([
    ['Hana is allergic to strawberries', 'Hana is severely allergic to strawberries'],
    ['苺のアレルギーがある', '苺アレルギーがある'],
    ['Mio lives in Kyoto', 'Mio lives in Osaka'],
  ])('names what has most of the words: %s', async (stored, added) => {
    const server = await spawnServer();
    for (const content of others) expect(await server.create(content)).not.toHaveProperty('similar');
    const { key } = await server.create(stored);
    const receipt = await server.create(added);
    expect(receipt).toMatchObject({ stored: true, similar: [{ key, preview: stored, by: 'words' }] });
    expect((await server.read(receipt.key)).memories[0]?.content).toBe(added);
  });

  it('names nothing deleted, nothing that only shares common words, and not the memory itself', async () => {
    const server = await spawnServer();
    for (const content of others) await server.create(content);
    const { key } = await server.create('Hana is allergic to strawberries');
    await server.call('memory_delete', { keys: [key] });
    expect(await server.create('Hana is severely allergic to strawberries')).not.toHaveProperty('similar');
    expect(await server.create('The rent of the flat is paid by Hana')).not.toHaveProperty('similar');
    // Identical text is a duplicate and no second memory.
    expect(await server.create(others[0] ?? '')).not.toHaveProperty('similar');
  });

  it('names none of many that say the same, and shows the beginning of a long one', async () => {
    const server = await spawnServer();
    for (let number = 1; number <= 8; number++) await server.create(`定例会議の議事録 第${number}回`);
    expect(await server.create('定例会議の議事録 第9回')).not.toHaveProperty('similar');
    const long = `The landlord's phone number is 075-123-4567. ${'He answers in the evening. '.repeat(30)}`;
    const { key } = await server.create(long);
    const { similar } = await server.create(long.replace('123', '321'));
    expect(similar).toEqual([{ key, preview: expect.stringMatching(/^The landlord.{40,80}…$/), by: 'words' }]);
  });
});

describe('a deletion', () => {
  it('names what is left and says nearly the same', async () => {
    const server = await spawnServer();
    for (const content of others) await server.create(content);
    const { key } = await server.create('Hana is allergic to strawberries');
    const { key: left } = await server.create('Hana is severely allergic to strawberries');
    const { structured } = await server.call('memory_delete', { keys: [key] });
    expect(structured).toMatchObject({
      deleted: [key],
      similar: [{ key: left, preview: 'Hana is severely allergic to strawberries', by: 'words' }],
    });
    const both = await server.call('memory_delete', { keys: [key, left] });
    expect(both.structured).not.toHaveProperty('similar');
  });

  it('for good does not repeat what was to be forgotten', async () => {
    const server = await spawnServer();
    for (const content of others) await server.create(content);
    const { key } = await server.create('Hana is allergic to strawberries');
    const { key: left } = await server.create('Hana is severely allergic to strawberries');
    const { text, structured } = await server.call('memory_delete', { keys: [key], permanent: true });
    expect(structured).toMatchObject({ erased: true, similar: [{ key: left, by: 'words' }] });
    expect(text).not.toContain('strawberries');
  });
});

const model = join(repositoryRoot, '../shared/models/multilingual-e5-small');

describe.skipIf(!existsSync(model))(`similar, by meaning (skipped where there is no ${model})`, () => {
  it('names what says the same in other words, and nothing where nothing does', { timeout: 200_000 }, async () => {
    const server = await spawnServer({
      args: ['--tools', 'full'],
      env: { MEMORY_MCP_EMBEDDINGS_MODEL: model },
    });
    for (const content of others) await server.create(content);
    const { key } = await server.create('去年の春、京都に引っ越した。');
    await untilEmbedded(server);
    // The scale of the model is measured in the background.
    await expect
      .poll(async () => (await server.call('memory_stats')).structured.measured, { timeout: 60_000 })
      .toBeDefined();
    expect(await server.create('The dentist is closed on Mondays')).not.toHaveProperty('similar');
    await expect
      .poll(
        async () => {
          const { key: added, similar } = await server.create('昨年の春に京都へ転居しました。');
          // A vector that came too late for the receipt is no fault of this test.
          await server.call('memory_delete', { keys: [added] });
          return similar;
        },
        { timeout: 60_000 },
      )
      .toEqual([{ key, preview: '去年の春、京都に引っ越した。', by: 'meaning' }]);
  });
});
