/** A data folder on a read-only file system: reads are served, writes are refused in one sentence, nothing is left. */
import { spawnSync } from 'node:child_process';
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { folderOfTest } from '../support/model-servers.ts';
import { runCommand } from '../support/run-command.ts';
import { spawnServer } from '../support/server.ts';
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';

const mount = (...args: string[]) => spawnSync('mount', args).status === 0;
const remount = (folder: string, mode: 'ro' | 'rw') => mount('-o', `remount,${mode}`, folder);

const trial = mountSmallDisk(1);
trial?.remove();

function diskOfTest(megabytes = 16): SmallDisk {
  const disk = mountSmallDisk(megabytes);
  if (disk === undefined) throw new Error('no disk could be mounted, which worked a moment ago');
  onTestFinished(() => disk.remove());
  return disk;
}

/** A data folder with one memory in the WAL of `default`: a killed server leaves what it wrote there. */
async function storeOn({ folder }: SmallDisk): Promise<{ dataDir: string; key: string }> {
  const dataDir = join(folder, 'data');
  const writer = await spawnServer({ dataDir });
  const { key } = await writer.create('苺のアレルギーがある');
  await writer.kill('SIGKILL');
  return { dataDir, key };
}

describe.skipIf(trial === undefined)('a data folder on a read-only mount (needs the right to mount one)', () => {
  it('serves what is there, in the WAL too, and refuses to store', async () => {
    const disk = diskOfTest();
    const { dataDir, key } = await storeOn(disk);
    remount(disk.folder, 'ro');

    const temporary = folderOfTest();
    const reader = await spawnServer({ dataDir, env: { TMPDIR: temporary } });
    expect((await reader.list()).total).toBe(1);
    expect((await reader.search('苺')).results[0]?.key).toBe(key);
    expect((await reader.read(key)).memories[0]?.content).toBe('苺のアレルギーがある');
    for (const [tool, input] of [
      ['memory_create', { content: 'new' }],
      ['memory_update', { key, content: 'other' }],
      ['memory_delete', { keys: [key] }],
      ['update_context', { emotion: 'joy' }],
    ] as const) {
      const reply = await reader.call(tool, input);
      expect(reply.isError).toBe(true);
      expect(reply.text).toContain('read-only file system');
    }
    expect((await reader.list()).total).toBe(1);
    await reader.close();
    expect(readdirSync(temporary)).toEqual([]);

    remount(disk.folder, 'rw');
    const again = await spawnServer({ dataDir });
    expect((await again.create('stored again')).stored).toBe(true);
    await again.close();
  });

  it('refuses to copy a store of more than 1 GB, and serves the others', async () => {
    const disk = diskOfTest();
    const { dataDir } = await storeOn(disk);
    const writer = await spawnServer({ dataDir, args: ['--persona', 'small'] });
    await writer.create('a small one');
    await writer.close();
    // Beyond the pages that its header counts, SQLite reads nothing of the file. It takes no room on the disk.
    truncateSync(join(dataDir, 'memory', 'default', 'memory.sqlite'), 1024 ** 3 + 4096);
    remount(disk.folder, 'ro');

    const temporary = folderOfTest();
    const reader = await spawnServer({ dataDir, env: { TMPDIR: temporary } });
    const reply = await reader.call('memory_list');
    expect(reply.isError).toBe(true);
    expect(reply.text).toContain('memory.sqlite is on a read-only file system and larger than 1 GB');
    expect(reply.text).toContain('Mount the data folder writable');
    expect(readdirSync(temporary)).toEqual([]);
    await reader.close();

    const small = await spawnServer({ dataDir, args: ['--persona', 'small'], env: { TMPDIR: temporary } });
    expect((await small.list()).total).toBe(1);
    const { out } = await runCommand(['persona', 'list'], { dataDir, env: { TMPDIR: temporary } });
    expect(out).toMatch(/default.*larger than 1 GB/);
    expect(out).toMatch(/small: 1 memory/);
  });

  it('says that the temp folder is full or cannot be written, and reads once it can', async () => {
    const disk = diskOfTest();
    const { dataDir } = await storeOn(disk);
    // What goes first where the data folder is full, which it is not.
    writeFileSync(join(dataDir, 'space-reserve'), 'room');
    remount(disk.folder, 'ro');
    const temporary = diskOfTest(4);
    temporary.fill();

    const reader = await spawnServer({ dataDir, env: { TMPDIR: temporary.folder } });
    const full = await reader.call('memory_list');
    expect(full.isError).toBe(true);
    expect(full.text).toContain(`could not be copied to ${temporary.folder} (ENOSPC`);
    expect(full.text).toContain('set TMPDIR');
    expect(readdirSync(temporary.folder)).toEqual(['filler']);

    temporary.clear();
    remount(temporary.folder, 'ro');
    expect((await reader.call('memory_list')).text).toContain(`could not be copied to ${temporary.folder} (EROFS`);

    remount(temporary.folder, 'rw');
    expect((await reader.list()).total).toBe(1);
  });

  it('reads what another program writes through a writable mount of the same folder', async () => {
    const folder = folderOfTest();
    const writer = await spawnServer({ dataDir: join(folder, 'data') });
    await writer.create('memory 0');
    const readOnly = folderOfTest();
    mount('--bind', folder, readOnly);
    onTestFinished(() => void spawnSync('umount', ['-l', readOnly]));
    mount('-o', 'remount,ro,bind', readOnly);

    const reader = await spawnServer({ dataDir: join(readOnly, 'data') });
    for (let count = 1; count <= 20; count++) {
      expect((await reader.list()).total).toBe(count);
      await writer.create(`memory ${count}`);
    }
  });

  it('removes the copies of servers that were killed', async () => {
    const disk = diskOfTest();
    const { dataDir } = await storeOn(disk);
    remount(disk.folder, 'ro');
    const temporary = folderOfTest();
    const killed = await spawnServer({ dataDir, env: { TMPDIR: temporary } });
    await killed.list();
    await killed.kill('SIGKILL');
    expect(readdirSync(temporary)).toHaveLength(1);

    const reader = await spawnServer({ dataDir, env: { TMPDIR: temporary } });
    await reader.list();
    expect(readdirSync(temporary)).toHaveLength(1);
    await reader.close();
    expect(readdirSync(temporary)).toEqual([]);
  });
});
