/** `MEMORY_MCP_MIGRATE=auto`: a built server that moves the personas of the original system here by itself. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HttpTestServer, spawnHttpServer } from '../support/http-server.ts';
import { age, writeOriginalPersona } from '../support/original-data.ts';
import { writeOriginalDataFolder } from '../support/original-personas.ts';
import { runCommand } from '../support/run-command.ts';
import { spawnServer } from '../support/server.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { filesIn, testFolder } from '../support/stores.ts';
import { until } from '../support/until.ts';

const auto = { MEMORY_MCP_MIGRATE: 'auto' };

const memories = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    key: `memory_20251101${String(100_000 + index)}`,
    content: `記憶 ${index} of the original`,
    created_at: '2025-11-01T17:30:00',
    updated_at: '2025-11-01T17:30:00',
    tags: '["one"]',
  }));

async function dataFolderWith(count: number, persona = 'default'): Promise<string> {
  const data = testFolder();
  await writeOriginalPersona(data, persona, { generation: '16 columns', memories: memories(count), context: '{}' });
  return data;
}

const ask = (server: HttpTestServer, persona = 'default') =>
  server.request('/api/memory_stats', { headers: { 'x-persona': encodeURIComponent(persona) } });
const isServed = (server: HttpTestServer, persona?: string) => async () => (await ask(server, persona)).status === 200;

async function countMemories(server: HttpTestServer, persona = 'default') {
  const { total_memories } = await server.api('get_context', {}, { 'x-persona': encodeURIComponent(persona) });
  return total_memories;
}

describe('a server on a data folder of the original', () => {
  it('moves every persona, keeps an archive, and can give the files back byte for byte', async () => {
    const data = testFolder();
    await writeOriginalDataFolder(data);
    const before = filesIn(join(data, 'memory'));
    const server = await spawnHttpServer({ dataDir: data, env: auto });
    expect((await server.request('/health')).json()).toMatchObject({ status: expect.stringMatching(/ok|degraded/) });
    for (const persona of ['default', 'nilou', '葵', '星', 'old']) {
      await until(isServed(server, persona), `${persona} is served`);
    }
    expect(await countMemories(server, '葵')).toBe(3);

    // One has the journal of a process that was killed.
    const waiting = await ask(server, 'sofia');
    expect([waiting.status, waiting.text]).toEqual([503, expect.stringContaining('memory.sqlite-wal lies beside')]);
    expect(server.stderr()).toMatch(/"sofia" waits .*run: memory-mcp migrate from-original --persona/);
    const env = { MEMORY_MCP_DATA_DIR: data };
    const forced = ['migrate', 'from-original', '--persona', 'sofia', '--apply', '--force'];
    expect(await runCommand(forced, { env })).toMatchObject({ code: 0 });
    await until(isServed(server, 'sofia'), 'sofia is served');

    expect(readdirSync(join(data, 'backups')).sort()).toEqual(
      ['default', 'nilou', 'old', '星', '葵'].map((persona) =>
        expect.stringMatching(new RegExp(`^original-${persona}-\\d{8}-\\d{6}\\.tar\\.gz$`)),
      ),
    );
    const [archive = ''] = readdirSync(join(data, 'backups'));
    const unpacked = testFolder();
    expect(spawnSync('tar', ['-xzf', join(data, 'backups', archive), '-C', unpacked]).status).toBe(0);
    const archived = filesIn(join(unpacked, 'memory', 'default'));
    expect(archived.get('memory.sqlite')).toEqual(before.get('default/memory.sqlite'));

    await server.kill();
    expect(await runCommand(['migrate', 'from-original', '--undo'], { env })).toMatchObject({ code: 0 });
    expect(filesIn(join(data, 'memory'))).toEqual(before);
  });

  it('answers busy with a percentage meanwhile, serves the others, and ends within a second', async () => {
    const data = await dataFolderWith(3_000);
    const server = await spawnHttpServer({ dataDir: data, env: auto });
    await until(async () => /: [1-9]\d? % done/.test((await ask(server)).text), 'a percentage');
    await server.api('memory_create', { content: 'stored meanwhile' }, { 'x-persona': 'other' });
    expect((await server.request('/health')).status).toBe(200);
    const { code, milliseconds } = await server.kill('SIGTERM');
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(1_000);

    const next = await spawnServer({ dataDir: data, env: auto });
    const busy = await next.call('get_context');
    expect([busy.isError, busy.text]).toEqual([true, expect.stringContaining('is being moved here')]);
    await until(async () => !(await next.call('get_context')).isError, 'the persona is served');
    expect((await next.call('get_context')).structured).toMatchObject({ total_memories: 3_000 });
  });

  it('is one of several, of which one moves and all serve', async () => {
    const data = await dataFolderWith(2_000);
    const servers = await Promise.all([1, 2, 3].map(() => spawnHttpServer({ dataDir: data, env: auto })));
    for (const server of servers) {
      await until(isServed(server), 'the persona is served');
      expect(await countMemories(server)).toBe(2_000);
    }
    const moved = servers.filter((server) => server.stderr().includes('was moved here'));
    expect(moved).toHaveLength(1);
    expect(servers.map((server) => server.stderr()).join()).not.toContain('could not be moved');
  });

  it('waits while the original writes, says so, and goes on by itself', async () => {
    const data = await dataFolderWith(3);
    const file = join(data, 'memory', 'default', 'memory.sqlite');
    utimesSync(file, new Date(), new Date());
    const server = await spawnHttpServer({ dataDir: data, env: auto });
    await until(async () => /waits to be moved.*written \d+ seconds ago/.test((await ask(server)).text), 'it waits');
    age(data);
    await until(isServed(server), 'the persona is served');
  });

  it('is killed at any moment, and the next one goes on', async () => {
    const data = await dataFolderWith(1_500);
    const before = filesIn(join(data, 'memory'));
    for (const patience of [50, 150, 250, 400, 600, 900]) {
      const server = await spawnHttpServer({ dataDir: data, env: auto });
      await delay(patience);
      await server.kill('SIGKILL');
    }
    const server = await spawnHttpServer({ dataDir: data, env: auto });
    await until(isServed(server), 'the persona is served');
    expect(await countMemories(server)).toBe(1_500);
    await server.kill();
    const env = { MEMORY_MCP_DATA_DIR: data };
    expect(await runCommand(['migrate', 'from-original', '--undo'], { env })).toMatchObject({ code: 0 });
    expect(filesIn(join(data, 'memory'))).toEqual(before);
    expect(readdirSync(join(data, 'backups'))).toHaveLength(1);
  });

  it('adds to a persona that is here already, after a backup of it', async () => {
    const data = testFolder();
    const first = await spawnHttpServer({ dataDir: data });
    await first.api('memory_create', { content: 'was here first' }, { 'x-persona': encodeURIComponent('葵') });
    await first.kill();
    const folder = Buffer.from('葵').toString('latin1');
    await writeOriginalPersona(data, folder, { generation: '5 columns', memories: memories(2) });
    const server = await spawnHttpServer({ dataDir: data, env: auto });
    await until(isServed(server, '葵'), 'the persona is served');
    expect(await countMemories(server, '葵')).toBe(3);
    expect(readdirSync(join(data, 'backups')).map((name) => name.replace(/-\d.*/, ''))).toEqual([
      'memory-backup',
      'original-葵',
    ]);
  });

  it('says what failed to every call for that persona, and serves the others', async () => {
    const data = await dataFolderWith(2);
    await writeOriginalPersona(data, 'torn', { generation: '5 columns', memories: memories(2) });
    writeFileSync(join(data, 'memory', 'torn', 'memory.sqlite'), 'SQLite format 3\0 and then nothing');
    age(data);
    const server = await spawnHttpServer({ dataDir: data, env: auto });
    await until(isServed(server), 'the other persona is served');
    await until(async () => (await ask(server, 'torn')).text.includes('could not be moved here'), 'a reason');
    expect(existsSync(join(data, 'memory', 'torn', 'memory.sqlite'))).toBe(true);
  });

  it('leaves everything as it is without the setting, and names the command', async () => {
    const data = await dataFolderWith(1);
    const before = filesIn(join(data, 'memory', 'default'));
    const server = await spawnHttpServer({ dataDir: data });
    const { status, text } = await ask(server);
    expect([status, text]).toEqual([
      409,
      expect.stringContaining('memory-mcp migrate from-original --persona default'),
    ]);
    expect(filesIn(join(data, 'memory', 'default'))).toEqual(before);
  });

  it('begins no second persona beside one whose folder has a broken name, without the setting', async () => {
    const data = await dataFolderWith(1, Buffer.from('葵').toString('latin1'));
    const server = await spawnHttpServer({ dataDir: data });
    expect(server.stderr()).toMatch(/not served yet: 葵\. Stop it, then run: memory-mcp migrate from-original --apply/);
    const { status, text } = await ask(server, '葵');
    expect([status, text]).toEqual([409, expect.stringContaining('memory-mcp migrate from-original --persona 葵')]);
    await server.api('memory_create', { content: 'of another' }, { 'x-persona': 'other' });

    const env = { MEMORY_MCP_DATA_DIR: data };
    expect(await runCommand(['migrate', 'from-original', '--apply'], { env })).toMatchObject({ code: 0 });
    expect(await countMemories(server, '葵')).toBe(1);
  });
});

const disk = mountSmallDisk(8);
if (disk !== undefined) {
  it('moves nothing where there is no room for the backup and the copy, and says how much is missing', async () => {
    onTestFinished(() => disk.remove());
    await writeOriginalPersona(disk.folder, 'default', { generation: '5 columns', memories: memories(20_000) });
    const server = await spawnHttpServer({ dataDir: disk.folder, env: auto });
    await until(async () => (await ask(server)).text.includes('could not be moved here'), 'a reason');
    expect((await ask(server)).text).toMatch(/needs \d+ MB, and \S* ?\S* has \d+ MB left/);
    expect(existsSync(join(disk.folder, 'memory', 'default', 'original'))).toBe(false);
  });
} else it.skip('moves nothing where there is no room for it (needs root on Linux to mount a small disk)', () => {});
