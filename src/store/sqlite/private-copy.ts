/**
 * A private copy of a database on a read-only file system. Even to read a database in WAL mode, SQLite must create files
 * next to it. Reads therefore use a copy of the database and its WAL in the temp folder.
 */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { codeOf, MemoryMcpError } from '../../core/errors.ts';
import { privateFileMode } from '../../files/private-modes.ts';

const sizeLimit = 1024 ** 3;

export interface PrivateCopy {
  readonly path: string;
  /** False once the original has changed, which requires a new copy. */
  isCurrent(): boolean;
  remove(): Promise<void>;
}

/** Whether the file or its folder is on a file system that is mounted read-only. */
export function isReadOnlyMount(path: string): boolean {
  return [path, dirname(path)].some((place) => {
    try {
      accessSync(place, constants.W_OK);
      return false;
    } catch (error) {
      return codeOf(error) === 'EROFS';
    }
  });
}

/** Throws `backend_unavailable` if the files are larger than 1 GB. */
export async function copyPrivately(path: string): Promise<PrivateCopy> {
  const originals = [path, `${path}-wal`].filter((file) => existsSync(file));
  const fingerprint = () => originals.map(fingerprintFile).join();
  const original = fingerprint();
  const size = originals.reduce((sum, file) => sum + statSync(file).size, 0);
  if (size > sizeLimit) {
    throw new MemoryMcpError('backend_unavailable', `${path} is on a read-only file system and larger than 1 GB`, {
      hint: 'It can only be read through a copy in the temp folder. Mount the data folder writable, or copy it yourself.',
    });
  }
  const folder = await mkdtemp(join(tmpdir(), 'memory-mcp-read-only-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    for (const file of originals) {
      const copy = join(folder, basename(file));
      await copyFile(file, copy, constants.COPYFILE_FICLONE);
      await chmod(copy, privateFileMode);
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { path: join(folder, basename(path)), isCurrent: () => fingerprint() === original, remove };
}

function fingerprintFile(file: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(file);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return 'gone';
  }
}
