/**
 * Filters through the front door: a memory behind a filter is found however many others the filter hides.
 */
import { expect, it } from 'vitest';
import { spawnServer } from '../support/server.ts';

it('a tagged memory is found among 400 that hold the word of the question', async () => {
  const server = await spawnServer();
  await Promise.all(Array.from({ length: 400 }, (_, number) => server.create(`定例会議の議事録 第${number + 1}回`)));
  const { key } = await server.create('会議室の鍵は受付にある', { tags: ['鍵'] });

  expect((await server.search('定例会議', { tags: ['鍵'] })).results).toMatchObject([{ key }]);
});
