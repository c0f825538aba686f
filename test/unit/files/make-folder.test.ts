import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeFolder } from '../../../src/files/make-folder.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'memory-mcp-folders-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('a folder', () => {
  it('is created with its parents, and left unchanged if it exists', () => {
    const root = newFolder();
    makeFolder(join(root, 'a', 'b', 'c'), 0o700);
    makeFolder(join(root, 'a', 'b', 'c'), 0o700);
    if (process.platform !== 'win32') expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o700);
    mkdirSync(join(root, 'there'));
    symlinkSync(join(root, 'there'), join(root, 'link'), 'junction');
    makeFolder(join(root, 'link', 'inside'));
    expect(statSync(join(root, 'there', 'inside')).isDirectory()).toBe(true);
  });

  it('is not made where a file is in the way, or a link that leads nowhere', () => {
    const root = newFolder();
    writeFileSync(join(root, 'file'), '');
    expect(() => makeFolder(join(root, 'file'))).toThrow('EEXIST');
    expect(() => makeFolder(join(root, 'file', 'a', 'b'))).toThrow(/ENOTDIR|ENOENT/);
    symlinkSync(join(root, 'nowhere'), join(root, 'link'), 'junction');
    expect(() => makeFolder(join(root, 'link', 'a'))).toThrow(/EEXIST|ENOENT/);
  });

  it.runIf(process.platform === 'linux')('is not tried for ever in /proc', () => {
    expect(() => makeFolder('/proc/x/y/z')).toThrow('ENOENT');
  });
});
