/** What get_context puts before an assistant: which memories, in how many bytes, and when the last conversation was. */
import { describe, expect, it } from 'vitest';
import { spawnServer, type TestServer } from '../support/server.ts';

interface Start {
  readonly recent: readonly Readonly<Record<string, unknown>>[];
  readonly pinned?: readonly { content: string }[];
  readonly important?: readonly { content: string; importance: number }[];
  readonly last_conversation?: { age: string };
}

async function start(server: TestServer): Promise<Start & { bytes: number }> {
  const { text, structured } = await server.call('get_context');
  // The output schema of get_context was checked by the server.
  return { ...(structured as unknown as Start), bytes: Buffer.byteLength(text) };
}

const contents = (memories: readonly { content: string }[] = []) => memories.map(({ content }) => content);

describe('get_context', () => {
  it('shows five short memories in 1.2 kB, with no field that says nothing', async () => {
    const server = await spawnServer();
    await server.create('I moved to Kyoto in spring');
    await server.create('苺のアレルギーがある', { importance: 0.7, tags: ['health'] });
    await server.create('My sister Mio plays the piano', { emotion: 'joy' });
    await server.create('土曜日は陶芸教室に通っている');
    await server.create('Prefers short answers');
    const { recent, bytes } = await start(server);
    expect(bytes).toBeLessThanOrEqual(1_200);
    expect(recent.map((memory) => Object.keys(memory).sort())).toEqual([
      ['age', 'content', 'created_at', 'date', 'key'],
      ['age', 'content', 'created_at', 'date', 'key'],
      ['age', 'content', 'created_at', 'date', 'emotion', 'key'],
      ['age', 'content', 'created_at', 'date', 'importance', 'key', 'tags'],
      ['age', 'content', 'created_at', 'date', 'key'],
    ]);
  });

  it('shows up to five of the most important that are neither pinned nor recent, the newest of equals first', async () => {
    const server = await spawnServer();
    await server.create('a severe allergy to strawberries', { importance: 0.95 });
    for (let number = 1; number <= 6; number++) await server.create(`rule ${number}`, { importance: 0.8 });
    await server.create('pinned anyway', { importance: 1, pinned: true });
    const { key: hidden } = await server.create('deleted', { importance: 1 });
    await server.call('memory_delete', { keys: [hidden] });
    await server.create('nearly important', { importance: 0.79 });
    for (let number = 1; number <= 4; number++) await server.create(`small talk ${number}`);
    await server.create('important and recent', { importance: 1 });
    const { pinned, important } = await start(server);
    expect(contents(pinned)).toEqual(['pinned anyway']);
    expect(contents(important)).toEqual(['a severe allergy to strawberries', 'rule 6', 'rule 5', 'rule 4', 'rule 3']);
  });

  it('has no last conversation where each call has a process of its own', async () => {
    const first = await spawnServer();
    await first.create('I moved to Kyoto in spring');
    await first.close();
    const second = await spawnServer({ dataDir: first.dataDir });
    await second.search('Kyoto');
    await second.close();
    const third = await spawnServer({ dataDir: first.dataDir });
    expect((await start(third)).last_conversation).toBeUndefined();
  });
});

describe('pinned', () => {
  it('is said in memory_create and in its receipt, also of a text that is stored already', async () => {
    const server = await spawnServer();
    expect(await server.create('Prefers short answers')).not.toHaveProperty('pinned');
    expect(await server.create('Prefers short answers', { pinned: true })).toMatchObject({
      stored: false,
      pinned: true,
      version: 2,
    });
    expect(await server.create('Never mention her birthday', { pinned: true })).toMatchObject({
      stored: true,
      pinned: true,
      version: 1,
    });
    expect(contents((await start(server)).pinned)).toEqual(['Never mention her birthday', 'Prefers short answers']);
    // Storing it once more does not take the pin away.
    await server.create('Prefers short answers', { pinned: false });
    expect(contents((await start(server)).pinned)).toHaveLength(2);
  });

  it('is changed by memory_update, alone or with other fields, as one version', async () => {
    const server = await spawnServer();
    const { key } = await server.create('Prefers short answers');
    const update = async (change: object) =>
      (await server.call('memory_update', { key, ...change })).structured.memory as object;
    expect(await update({ pinned: true })).toMatchObject({ pinned: true, version: 2 });
    expect(await update({ content: 'Prefers long answers' })).toMatchObject({ pinned: true, version: 3 });
    expect(await update({ pinned: false, tags: ['style'] })).toMatchObject({ pinned: false, version: 4 });
    expect((await start(server)).pinned).toBeUndefined();
  });
});
