import { expect, it } from 'vitest';
import { memoryList } from '../../../src/operation/memory-list.ts';
import { searchable } from '../../support/searchable.ts';

it('the last page of a list names no next one, however full it is', async () => {
  const { workspace, scope } = await searchable();
  for (const content of ['苺', '桃', '梨', '柿']) await workspace.add(content);
  const page = (input: object) => memoryList.perform(input, (_, work) => work(scope));
  const first = await page({ limit: 2 });
  expect(first).toMatchObject({ total: 4, next_cursor: expect.any(String) });
  expect(await page({ limit: 2, cursor: first.next_cursor })).not.toHaveProperty('next_cursor');
  expect(await page({ limit: 4 })).not.toHaveProperty('next_cursor');
});
