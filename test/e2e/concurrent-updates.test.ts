/** Two changes of one memory at the same time, in one server. */
import { expect, it } from 'vitest';
import { spawnHttpServer } from '../support/http-server.ts';

async function serverWithMemory() {
  const server = await spawnHttpServer();
  const { key } = await server.api('memory_create', { content: '苺のアレルギーがある' });
  const update = (changes: object) =>
    server.request('/api/memory_update', { method: 'POST', body: { key, ...changes } });
  const read = async () => (await server.api('memory_read', { keys: [key] })).memories;
  return { update, read };
}

it('both hold, and each counts as a version', async () => {
  const { update, read } = await serverWithMemory();
  const replies = await Promise.all([update({ tags: ['allergy'] }), update({ importance: 0.9 })]);
  expect(replies.map(({ status }) => status)).toEqual([200, 200]);
  expect(await read()).toMatchObject([{ tags: ['allergy'], importance: 0.9, version: 3 }]);
});

it('of two that expect the same version one is refused, and changes nothing', async () => {
  const { update, read } = await serverWithMemory();
  const changes = [
    { content: 'one', expected_version: 1 },
    { content: 'two', expected_version: 1 },
  ];
  const replies = await Promise.all(changes.map(update));
  expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  const won = changes.find((_, at) => replies[at]?.status === 200);
  expect(await read()).toMatchObject([{ content: won?.content, version: 2 }]);
});
