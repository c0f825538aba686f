/** What the built server does on a disk that is full: nothing acknowledged is lost, and deleting makes room. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeTestModel } from '../../scripts/test-model/test-models.ts';
import { openHubServer } from '../support/hub-server.ts';
import { recallOf, untilEmbedded } from '../support/model-servers.ts';
import { runCommand } from '../support/run-command.ts';
import { spawnServer } from '../support/server.ts';
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

const probe = mountSmallDisk(1);
probe?.remove();

function smallDisk(megabytes = 64): SmallDisk {
  const disk = mountSmallDisk(megabytes);
  if (disk === undefined) throw new Error('this test needs a disk of its own');
  onTestFinished(() => disk.remove());
  return disk;
}

const longText = (at: number) => `memory ${at} ${`word${at} `.repeat(5_000)}`;
const full = expect.stringContaining('disk is full');

describe.skipIf(probe === undefined)('a full disk (needs the right to mount one)', { timeout: 180_000 }, () => {
  it('refuses what is new in one sentence, keeps what was acknowledged, and goes on when space returns', async () => {
    const disk = smallDisk();
    const server = await spawnServer({ dataDir: join(disk.folder, 'data') });
    const { key } = await server.create('苺のアレルギーがある');
    disk.fill();
    // What SQLite has set aside is used up first.
    const keys = [key];
    let refusal = '';
    for (let at = 0; refusal === '' && at < 200; at++) {
      const { isError, text, structured } = await server.call('memory_create', { content: longText(at) });
      if (isError) refusal = text;
      else keys.push(String(structured.key));
    }
    expect(refusal).toEqual(full);
    expect((await server.search('苺')).results[0]?.key).toBe(key);
    await server.kill('SIGKILL');
    disk.clear();
    const again = await spawnServer({ dataDir: server.dataDir });
    expect((await again.listAll()).map((memory) => memory.key).sort()).toEqual(keys.sort());
    expect((await again.create('stored again')).stored).toBe(true);
  });

  it('lets memories be deleted for good from the reserve, which returns with the space', async () => {
    const disk = smallDisk();
    const dataDir = join(disk.folder, 'data');
    const reserve = join(dataDir, 'space-reserve');
    const server = await spawnServer({ dataDir });
    const keys: string[] = [];
    for (let at = 0; at < 20; at++) keys.push((await server.create(longText(at))).key);
    await until(() => existsSync(reserve), 'an idle server makes the reserve');
    disk.fill();
    while (!(await server.call('memory_create', { content: `more ${longText(Math.random())}` })).isError);

    const deletion = await server.call('memory_delete', { keys, permanent: true });
    expect(deletion).toMatchObject({ isError: false, structured: { deleted: keys, erased: true } });
    expect(existsSync(reserve)).toBe(false);
    disk.clear();
    await until(() => existsSync(reserve), 'the reserve returns');
    expect((await server.create('stored again')).stored).toBe(true);
  });

  it('opens a persona to delete from it, and lets index.faiss go first', async () => {
    const disk = smallDisk();
    const dataDir = join(disk.folder, 'data');
    const env = { MEMORY_MCP_EMBEDDINGS_MODEL: writeTestModel('tiny-embed') };
    const index = join(dataDir, 'memory', 'default', 'vector_store', 'index.faiss');
    const first = await spawnServer({ dataDir, env });
    const keys: string[] = [];
    for (let at = 0; at < 20; at++) keys.push((await first.create(`memory ${at}`)).key);
    await first.search('memory', { mode: 'semantic' });
    await first.close();
    await until(() => existsSync(index), 'the index is written at the end');
    // As large as that of a large store.
    writeFileSync(index, Buffer.alloc(8 * 2 ** 20));
    disk.fill();
    const second = await spawnServer({ dataDir, env });
    const deletion = await second.call('memory_delete', { keys: keys.slice(0, 10), permanent: true });
    expect(deletion).toMatchObject({ isError: false, structured: { deleted: keys.slice(0, 10) } });
    expect((await second.listAll()).map(({ key }) => key).sort()).toEqual(keys.slice(10).sort());
  });

  it('names what can go where there is no reserve', async () => {
    const disk = smallDisk(24);
    const dataDir = join(disk.folder, 'data');
    const server = await spawnServer({ dataDir });
    const { key } = await server.create(longText(1));
    mkdirSync(join(dataDir, 'backups'));
    writeFileSync(join(dataDir, 'backups', 'memory-backup-20260101-000000.tar.gz'), Buffer.alloc(2_000_000));
    disk.fill();
    while (!(await server.call('memory_create', { content: `more ${longText(Math.random())}` })).isError);
    const { isError, text } = await server.call('memory_delete', { keys: [key], permanent: true });
    expect({ isError, text }).toEqual({ isError: true, text: full });
    expect(text).toMatch(/What can go first: backup archives in \S+backups \(2\.0 MB\)/);
    expect((await server.list()).memories.some((memory) => memory.key === key)).toBe(true);
  });

  it('leaves no archive of a backup, and everything as it was', async () => {
    const disk = smallDisk();
    const dataDir = join(disk.folder, 'data');
    const server = await spawnServer({ dataDir });
    for (let at = 0; at < 20; at++) await server.create(longText(at));
    await server.close();
    disk.fill();
    const { err, code } = await runCommand(['backup'], { dataDir });
    expect(code).toBe(1);
    expect(err).toMatch(/disk is full|ENOSPC|no space/i);
    disk.clear();
    const { out } = await runCommand(['backup', '--verify', '--json'], { dataDir });
    expect(JSON.parse(out)).toMatchObject({ verified: true, personas: [{ memories: 20 }] });
  });

  it('keeps the index file that is there, says that it was not written, and writes it when space returns', async () => {
    const disk = smallDisk();
    const dataDir = join(disk.folder, 'data');
    const folder = join(dataDir, 'memory', 'default', 'vector_store');
    const index = join(folder, 'index.faiss');
    const env = { MEMORY_MCP_EMBEDDINGS_MODEL: writeTestModel('tiny-embed') };
    const often = { MEMORY_MCP_VECTOR_REBUILD_IDLE_SECONDS: '0', MEMORY_MCP_VECTOR_REBUILD_MIN_INTERVAL: '1' };
    const first = await spawnServer({ dataDir, env });
    for (let at = 0; at < 600; at++) await first.create(`memory ${at}`);
    await untilEmbedded(first);
    await first.close();
    await until(() => existsSync(index), 'the index is written at the end');
    const before = readFileSync(index);

    const second = await spawnServer({ dataDir, env });
    const { key } = await second.create('苺のアレルギーがある');
    await untilEmbedded(second);
    await second.kill('SIGKILL');
    // Room for the log of the search below and the beginning of the file, but not for all of its 80 kB.
    const room = join(disk.folder, 'room');
    writeFileSync(room, Buffer.alloc(56 * 1_024));
    disk.fill();
    rmSync(room);
    const third = await spawnServer({ dataDir, env: { ...env, ...often } });
    const { results } = await third.search('苺のアレルギー', { mode: 'semantic' });
    expect(results[0]?.key).toBe(key);
    await until(
      () => third.stderr().includes(`Could not write ${index}: ENOSPC`),
      'the log names the file and the reason',
    );
    expect(readFileSync(index).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['index.faiss']);
    expect(await third.listAll()).toHaveLength(601);

    disk.clear();
    await until(() => readFileSync(index).length > before.length, 'the index is written');
    expect((await third.create('stored again')).stored).toBe(true);
    await third.kill('SIGKILL');
    const fourth = await spawnServer({ dataDir, env });
    expect((await fourth.search('苺のアレルギー', { mode: 'semantic' })).results[0]?.key).toBe(key);
    expect(fourth.stderr()).not.toContain('index');
  });

  it('ends a download with its reason, leaves no part of it, and fetches the model when space returns', async () => {
    const disk = smallDisk();
    const dataDir = join(disk.folder, 'data');
    const hub = await openHubServer({ 'someone/tiny-embed': 'tiny-embed' });
    onTestFinished(() => hub.close());
    const env = { HF_ENDPOINT: hub.endpoint, MEMORY_MCP_EMBEDDINGS_MODEL: 'someone/tiny-embed' };
    const filesOfModel = () => {
      const folder = join(dataDir, 'cache', 'huggingface');
      const entries = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
      return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    };
    hub.misbehave({ slow: 500 });
    const server = await spawnServer({ dataDir, env });
    const { key } = await server.create('苺のアレルギーがある');
    await until(() => filesOfModel().some((name) => name.startsWith('model')), 'a part of the graph has come');
    disk.fill();
    await until(
      () => /someone\/tiny-embed could not be downloaded: .*the disk is full/.test(server.stderr()),
      'the log names the model and the reason',
    );
    expect(filesOfModel()).toEqual([]);
    expect(await recallOf(server)).toMatchObject({
      mode: 'keyword',
      detail: expect.stringMatching(/not enough space for a model in \S+: the disk is full.*HF_HOME/),
    });
    expect((await server.search('苺')).results[0]?.key).toBe(key);

    hub.misbehave({});
    const { err, code } = await runCommand(['download-models'], { dataDir, env });
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/not enough space for a model in \S+/) });
    expect(filesOfModel()).toEqual([]);
    disk.clear();
    expect(await runCommand(['download-models'], { dataDir, env })).toMatchObject({ code: 0 });
    await untilEmbedded(server);
    expect((await server.search('苺のアレルギー', { mode: 'semantic' })).results[0]?.key).toBe(key);
    expect(filesOfModel().filter((name) => /partial|lock|tmp/.test(name))).toEqual([]);
  });
});
