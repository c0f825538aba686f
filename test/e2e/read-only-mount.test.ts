/** A data folder on a read-only file system: reads are served, writes are refused in one sentence, nothing is left. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { folderOfTest } from '../support/model-servers.ts';
import { spawnServer } from '../support/server.ts';

/** A small file system of its own, or undefined where it cannot be had. */
function mountDisk(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-mount-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder]).status === 0) return folder;
  rmSync(folder, { recursive: true });
  return undefined;
}

const disk = mountDisk();
const remount = (mode: 'ro' | 'rw') => spawnSync('mount', ['-o', `remount,${mode}`, disk ?? '']);

afterAll(() => {
  if (disk === undefined) return;
  spawnSync('umount', ['-l', disk]);
  rmSync(disk, { recursive: true });
});

describe.skipIf(disk === undefined)('a read-only mount (needs the right to mount one)', () => {
  it('serves what is there, in the WAL too, and refuses to store', async () => {
    const dataDir = join(disk ?? '', 'data');
    const writer = await spawnServer({ dataDir });
    const { key } = await writer.create('苺のアレルギーがある');
    // Killed, it leaves what it wrote in the WAL.
    await writer.kill('SIGKILL');
    remount('ro');

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

    remount('rw');
    const again = await spawnServer({ dataDir });
    expect((await again.create('stored again')).stored).toBe(true);
    await again.close();
  });
});
