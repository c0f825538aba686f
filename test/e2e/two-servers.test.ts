/**
 * Two servers that change one persona at once: versions count on without gaps, nothing that was acknowledged is lost,
 * and whoever writes over something unseen is told so.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Reply, spawnServer, type TestServer } from '../support/server.ts';

const changed = z.object({ memory: z.object({ key: z.string(), content: z.string(), version: z.number() }) });
const withHistory = z.object({
  memories: z.array(
    z.object({
      content: z.string(),
      version: z.number(),
      tags: z.array(z.string()),
      history: z.array(z.object({ version: z.number(), content: z.string().optional() })),
    }),
  ),
});

async function twoServers(): Promise<[TestServer, TestServer]> {
  const one = await spawnServer();
  await one.create('the first memory of all');
  return [one, await spawnServer({ dataDir: one.dataDir })];
}

async function historyOf(server: TestServer, key: string) {
  const reply = await server.call('memory_read', { keys: [key], history: true });
  const memory = withHistory.parse(reply.structured).memories[0];
  if (memory === undefined) throw new Error(`${key} is missing: ${reply.text}`);
  return { ...memory, history: memory.history.toReversed() };
}

const versionOf = (reply: Reply) => changed.parse(reply.structured).memory.version;
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('two servers on one memory', () => {
  it('lose no update when each expects the version that it has read', async () => {
    const servers = await twoServers();
    const { key } = await servers[0].create('start');
    const rounds = 20;
    const conflicts: string[] = [];
    async function append(server: TestServer, word: string): Promise<void> {
      for (;;) {
        const current = (await server.read(key)).memories[0];
        const content = `${current?.content} ${word}`;
        const reply = await server.call('memory_update', { key, content, expected_version: current?.version });
        if (!reply.isError) return;
        conflicts.push(reply.text);
      }
    }
    await Promise.all(
      servers.map(async (server, index) => {
        for (let round = 0; round < rounds; round++) await append(server, `s${index}r${round}`);
      }),
    );
    const memory = await historyOf(servers[0], key);
    const words = memory.content.split(' ');
    expect(words).toHaveLength(1 + 2 * rounds);
    for (const index of [0, 1]) {
      expect(words.filter((word) => word.startsWith(`s${index}`))).toEqual(
        numbers(0, rounds - 1).map((round) => `s${index}r${round}`),
      );
    }
    expect(memory.version).toBe(1 + 2 * rounds);
    expect(memory.history.map(({ version }) => version)).toEqual(numbers(1, 2 * rounds));
    for (const text of conflicts) expect(text).toMatch(/^conflict: .*is at version \d+, not \d+/);
  });

  it('count versions on without gap or repetition through updates, deletes and restores', async () => {
    const servers = await twoServers();
    const { key } = await servers[0].create('start');
    const acknowledged: number[] = [1];
    const refused: string[] = [];
    await Promise.all(
      servers.map(async (server, index) => {
        for (let round = 0; round < 24; round++) {
          const verb = (round + index) % 3;
          const content = `server ${index} round ${round}`;
          if (verb === 0) {
            const reply = await server.call('memory_delete', { keys: [key] });
            if (reply.isError) refused.push(reply.text);
            continue;
          }
          const reply =
            verb === 1
              ? await server.call('memory_update', { key, content })
              : await server.call('memory_restore', { key });
          if (reply.isError) refused.push(reply.text);
          else acknowledged.push(versionOf(reply));
        }
      }),
    );
    const memory = await historyOf(servers[1], key);
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    expect(memory.history.map(({ version }) => version)).toEqual(numbers(1, memory.version - 1));
    expect(Math.max(...acknowledged)).toBeLessThanOrEqual(memory.version);
    // Only what cannot be done is refused: updating what is deleted, restoring what is not.
    for (const text of refused) expect(text).toMatch(/^conflict: .* is (not )?deleted/);
    const states = [...memory.history.map(({ content }) => content), memory.content];
    const written = states.filter((state, index) => index === 0 || state !== states[index - 1]).slice(1);
    expect(new Set(written).size).toBe(written.length);
  });

  it('are refused for the later one, and change nothing', async () => {
    const [one, two] = await twoServers();
    const { key } = await one.create('start');
    const read = (await two.read(key)).memories[0];
    await one.call('memory_update', { key, content: 'changed by one' });
    const late = await two.call('memory_update', { key, content: 'changed by two', expected_version: read?.version });
    expect(late.isError).toBe(true);
    expect(late.structured).toMatchObject({ error: { code: 'conflict' } });
    expect(late.text).toContain('is at version 2, not 1');
    expect(late.text).toContain('memory_read');
    expect((await one.read(key)).memories[0]).toMatchObject({ content: 'changed by one', version: 2 });
  });

  it('see each other’s deletion and erasure at once', async () => {
    const [one, two] = await twoServers();
    const { key } = await one.create('ワライカワセミを見た');
    expect((await two.search('ワライカワセミ')).results).toHaveLength(1);
    await two.call('memory_delete', { keys: [key] });
    expect((await one.search('ワライカワセミ')).results).toEqual([]);
    expect((await one.call('memory_update', { key, content: 'new' })).text).toContain('is deleted');
    await one.call('memory_restore', { key });
    expect((await two.search('ワライカワセミ')).results).toHaveLength(1);
    const [erased, updated] = await Promise.all([
      one.call('memory_delete', { keys: [key], permanent: true }),
      two.call('memory_update', { key, content: 'ワライカワセミはもういない' }),
    ]);
    expect(erased.isError).toBe(false);
    if (updated.isError) expect(updated.text).toContain('not_found');
    for (const server of [one, two]) expect((await server.search('ワライカワセミ')).results).toEqual([]);
  });
});

it('the same text stored by two servers at once is one memory', async () => {
  const [one, two] = await twoServers();
  for (let round = 0; round < 20; round++) {
    const text = `said at the same moment, ${round}`;
    const receipts = await Promise.all([one.create(text, { tags: ['one'] }), two.create(text, { tags: ['two'] })]);
    expect(receipts.map(({ stored }) => stored).sort()).toEqual([false, true]);
    expect(new Set(receipts.map(({ key }) => key)).size).toBe(1);
    const { tags, version } = await historyOf(one, receipts[0].key);
    expect([tags.toSorted(), version]).toEqual([['one', 'two'], 1]);
  }
});

it('what two servers note in the context at once is all there, and its mirror is whole at every moment', async () => {
  const servers = await twoServers();
  await servers[0].call('update_context', { emotion: 'calm' });
  const file = join(servers[0].dataDir, 'memory', 'default', 'persona_context.json');
  let writing = true;
  const states = new Set<string>();
  const watching = (async () => {
    while (writing) {
      states.add(JSON.stringify(JSON.parse(readFileSync(file, 'utf8'))));
      await delay(1);
    }
  })();
  await Promise.all(
    servers.map(async (server, index) => {
      for (let round = 0; round < 15; round++) {
        const reply = await server.call('update_context', {
          user_info: { [`fact_${index}_${round}`]: round },
          goals: [`goal ${index} ${round}`],
          ...(index === 0 ? { emotion: `feeling ${round}` } : { environment: `place ${round}` }),
        });
        expect(reply.isError, reply.text).toBe(false);
      }
    }),
  );
  writing = false;
  await watching;
  expect(states.size).toBeGreaterThan(1);
  for (const server of servers) {
    const context = z
      .object({
        user_info: z.record(z.string(), z.unknown()),
        goals: z.array(z.object({ text: z.string() })),
        state: z.record(z.string(), z.unknown()),
      })
      .parse((await server.call('get_context')).structured);
    expect(Object.keys(context.user_info)).toHaveLength(30);
    expect(context.goals).toHaveLength(30);
    expect(context.state).toMatchObject({ emotion: 'feeling 14', environment: 'place 14' });
  }
  const mirror = JSON.parse(readFileSync(file, 'utf8'));
  expect(Object.keys(mirror.user_info)).toHaveLength(30);
});
