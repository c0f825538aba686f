import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeLeftovers, replaceFile } from '../../../src/files/replace-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'memory-mcp-replace-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('replacing a file', () => {
  it('shows the old content until the new one is complete', async () => {
    const path = join(folder, 'made', 'on', 'the', 'way', 'file');
    await replaceFile(path, (file) => file.writeFile('old'));
    await replaceFile(path, async (file) => {
      await file.writeFile('new');
      expect(await readFile(path, 'utf8')).toBe('old');
    });
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(join(path, '..'))).toEqual(['file']);
  });

  it('keeps the old content and nothing else when writing fails', async () => {
    const path = join(folder, 'file');
    await replaceFile(path, (file) => file.writeFile('old'));
    const failure = replaceFile(path, async (file) => {
      await file.writeFile('half of the n');
      throw new Error('the disk is full');
    });
    await expect(failure).rejects.toThrowError('the disk is full');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file']);
  });
});

describe('leftovers', () => {
  it('of dead processes go, those of living ones and files of others stay', async () => {
    const path = join(folder, 'file');
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const parent = process.ppid;
    const stay = [
      'file',
      `file.${parent}-0123abcd.89abcdef.tmp`,
      `other.${dead}-0123abcd.89abcdef.tmp`,
      `file.${dead}.tmp`,
      'file.backup',
    ];
    const go = [
      `file.${dead}-0123abcd.89abcdef.tmp`,
      // An earlier process with our number, as happens where every container's server is process 1.
      `file.${process.pid}-0123abcd.89abcdef.tmp`,
    ];
    for (const name of [...stay, ...go]) await writeFile(join(folder, name), '');

    await replaceFile(path, async () => {
      stay.push(...(await readdir(folder)).filter((name) => ![...stay, ...go].includes(name)));
      await removeLeftovers(path);
      expect((await readdir(folder)).sort()).toEqual([...stay].sort());
    });
  });

  it('are nothing where there is no folder', async () => {
    await removeLeftovers(join(folder, 'missing', 'file'));
  });
});
