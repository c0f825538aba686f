/** What a user or another program does to the files of a running server, and what the server must not do then. */
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataPaths, personaPaths } from '../../src/config/paths.ts';
import { tinyModels, untilEmbedded } from '../support/model-servers.ts';
import { spawnServer } from '../support/server.ts';

const filesOf = (dataDir: string) => personaPaths(dataPaths(dataDir), 'default');

describe('a store that cannot be reached', () => {
  it.each([
    ['a link to a drive that is away', (database: string) => symlinkSync('/nowhere/memory.sqlite', database)],
    ['a link to itself', (database: string) => symlinkSync(database, database)],
  ])('because of %s is an error and not an empty persona', async (_which, replace) => {
    const server = await spawnServer();
    await server.create('苺のアレルギーがある');
    await server.close();
    const { database } = filesOf(server.dataDir);
    renameSync(database, `${database}.away`);
    replace(database);

    const again = await spawnServer({ dataDir: server.dataDir });
    for (const [tool, input] of [
      ['memory_list', {}],
      ['memory_search', { query: '苺' }],
      ['get_context', {}],
    ] as const) {
      const reply = await again.call(tool, input);
      expect(reply.isError).toBe(true);
      expect(reply.text).toContain('cannot be reached');
    }
    rmSync(database);
    renameSync(`${database}.away`, database);
    expect((await again.list()).total).toBe(1);
  });

  it.skipIf(process.getuid?.() === 0)('because of missing rights is an error and not an empty persona', async () => {
    const server = await spawnServer();
    await server.create('苺のアレルギーがある');
    await server.close();
    const { folder } = filesOf(server.dataDir);
    chmodSync(folder, 0o000);
    try {
      const again = await spawnServer({ dataDir: server.dataDir });
      expect((await again.call('memory_list')).text).toContain('cannot be reached');
    } finally {
      chmodSync(folder, 0o700);
    }
  });
});

describe.skipIf(process.platform === 'win32')('-wal and -shm deleted under a running server', () => {
  it('cost no memory that is acknowledged afterwards', async () => {
    for (let round = 0; round < 5; round++) {
      const server = await spawnServer();
      const { database } = filesOf(server.dataDir);
      const keys: string[] = [];
      for (let number = 0; number < 3; number++) keys.push((await server.create(`before ${number}`)).key);
      rmSync(`${database}-wal`, { force: true });
      rmSync(`${database}-shm`, { force: true });
      const replies = [];
      for (let number = 0; number < 3; number++)
        replies.push(await server.call('memory_create', { content: `after ${number}` }));
      await server.kill('SIGKILL');

      const acknowledged = replies.filter(({ isError }) => !isError).map(({ structured }) => String(structured.key));
      expect(acknowledged).toHaveLength(3);
      const again = await spawnServer({ dataDir: server.dataDir });
      const found = (await again.listAll()).map(({ key }) => key);
      expect(found.sort()).toEqual([...keys, ...acknowledged].sort());
      await again.close();
    }
  });
});

describe('a persona folder that the user deletes', () => {
  it('does not come back when its server ends', async () => {
    const server = await spawnServer({ env: tinyModels() });
    await server.create('苺のアレルギーがある');
    await untilEmbedded(server);
    await server.search('苺');
    const { folder } = filesOf(server.dataDir);
    rmSync(folder, { recursive: true });
    await server.close();
    expect(existsSync(folder)).toBe(false);
  });
});

describe('a permanent delete', () => {
  it('leaves no temporary file of a killed writer behind', async () => {
    const server = await spawnServer();
    const { key } = await server.create('苺のアレルギーがある');
    const { folder, vectorStore, context, vectorIndex } = filesOf(server.dataDir);
    mkdirSync(vectorStore, { recursive: true });
    // No process has this number: it is above the limit of the platform.
    for (const file of [vectorIndex, context]) writeFileSync(`${file}.99999999-0123abcd.89abcdef.tmp`, '苺');
    const reply = await server.call('memory_delete', { keys: [key], permanent: true });
    expect(reply.structured.erased).toBe(true);
    expect([...readdirSync(folder), ...readdirSync(vectorStore)].filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('gives its key to no other memory', async () => {
    const server = await spawnServer();
    for (let round = 0; round < 20; round++) {
      const first = await server.create(`first ${round}`);
      await server.call('memory_delete', { keys: [first.key], permanent: true });
      const second = await server.create(`second ${round}`);
      expect(second.key).not.toBe(first.key);
      expect((await server.call('memory_update', { key: first.key, content: 'meant for the first' })).isError).toBe(
        true,
      );
    }
  });
});

describe('a persona that does not exist', () => {
  it.each([
    ['memory_restore', { key: 'memory_20260101000000' }],
    ['memory_pin', { key: 'memory_20260101000000' }],
    ['memory_update', { key: 'memory_20260101000000', content: 'x' }],
    ['memory_delete', { keys: ['memory_20260101000000'] }],
    ['index_rebuild', {}],
  ])('is not created by %s', async (tool, input) => {
    const server = await spawnServer({ args: ['--tools', 'full'] });
    await server.call(tool, input);
    await server.close();
    expect(existsSync(join(server.dataDir, 'memory', 'default'))).toBe(false);
  });
});

describe('a lone surrogate', () => {
  it('is stored as U+FFFD, named in the receipt, and makes no duplicate of another text', async () => {
    const server = await spawnServer();
    const first = await server.call('memory_create', { content: 'broken \ud800 text' });
    expect(first.structured).toMatchObject({ stored: true, replaced_characters: 1 });
    const second = await server.call('memory_create', { content: 'broken \udbff text' });
    expect(second.structured).toMatchObject({ stored: true, replaced_characters: 1 });
    const { memories } = await server.read(String(first.structured.key));
    expect(memories[0]?.content).toBe('broken \ufffd text');
    expect((await server.create('broken \u{1f600} text')).stored).toBe(true);
  });
});
