/** The change log: what an index needs in order to follow, and when it has to start anew. */
import { describe, expect, it } from 'vitest';
import { createChangeLog } from '../../../src/store/change-log.ts';
import { openConnection } from '../../../src/store/sqlite/connection.ts';
import { migrate } from '../../../src/store/sqlite/migrations.ts';
import { draft, now, openTestStore } from '../../support/stores.ts';

const space = { id: 'test', dimensions: 2 };
const unit = [Float32Array.of(1, 0)];

describe('what is logged', () => {
  it('is every vector that comes or goes, and every change of a field that filters read', async () => {
    const { memories, vectors, changes, erasure } = await openTestStore();
    const { memory } = await memories.create(draft('one', { tags: ['a'] }));
    expect(changes.latest()).toBe(0);
    await vectors.put(memory, space, [...unit, ...unit]);
    await memories.create(draft('one', { tags: ['b'] }));
    await memories.update(memory.key, { importance: 1 }, { now });
    await memories.update(memory.key, { content: 'two' }, { now });
    await memories.softDelete([memory.key], now);
    const back = await memories.restore(memory.key, undefined, now);
    await vectors.put(back, space, unit);
    await memories.setPinned(memory.key, true, now);
    await erasure.erase([memory.key]);
    const logged = changes.since(0, 100);
    expect(logged.map(({ op, vectorId, chunk }) => [op, vectorId, chunk])).toEqual([
      ['put', 1, 0],
      ['put', 2, 1],
      ['payload', undefined, 0],
      ['payload', undefined, 0],
      ['drop', 1, 0],
      ['drop', 2, 1],
      ['payload', undefined, 0],
      ['payload', undefined, 0],
      ['payload', undefined, 0],
      ['put', 3, 0],
      ['payload', undefined, 0],
      ['drop', 3, 0],
    ]);
    expect(logged.every(({ key }) => key === memory.key)).toBe(true);
    expect(logged.map(({ generation }) => generation)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    expect(changes.since(10, 1).map(({ generation }) => generation)).toEqual([11]);
    expect(changes.latest()).toBe(12);
  });

  it('is taken back with the transaction that it belongs to', async () => {
    const connection = await openConnection({ path: ':memory:', busyTimeout: 100 });
    await migrate(connection);
    const changes = createChangeLog(connection);
    const failing = connection.write(() => {
      changes.append('payload', 'memory_1');
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect([changes.latest(), changes.since(0, 10)]).toEqual([0, []]);
  });
});

describe('the tag of a generation', () => {
  it('is random and distinguishes two histories of equal length', async () => {
    const tags = await Promise.all(
      [1, 2].map(async () => {
        const { memories, changes } = await openTestStore();
        const { memory } = await memories.create(draft('one'));
        await memories.setPinned(memory.key, true, now);
        return changes.tagOf(1);
      }),
    );
    expect(tags[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(tags[0]).not.toBe(tags[1]);
  });

  it('is unknown for what was never written', async () => {
    const { changes } = await openTestStore();
    expect([changes.tagOf(0), changes.tagOf(1)]).toEqual(['', undefined]);
  });
});

it('the newest 100,000 are kept, with their tags; whoever is older has to start anew', async () => {
  const connection = await openConnection({ path: ':memory:', busyTimeout: 100 });
  await migrate(connection);
  const changes = createChangeLog(connection);
  await connection.write(() => {
    for (let index = 0; index < 101_500; index++) changes.append('payload', `memory_${index}`);
  });
  expect(changes.latest()).toBe(101_500);
  const [oldest] = changes.since(0, 1);
  expect(oldest?.generation).toBe(1_001);
  expect(changes.tagOf(101_500)).toMatch(/^[0-9a-f]{16}$/);
  expect(changes.tagOf(1_001)).toMatch(/^[0-9a-f]{16}$/);
  // Nothing can be continued from a generation that is gone, nor from the very beginning.
  expect([changes.tagOf(1_000), changes.tagOf(0)]).toEqual([undefined, undefined]);
});
