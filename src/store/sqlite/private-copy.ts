/**
 * A private copy of a database on a read-only file system. Even to read a database in WAL mode, SQLite must create files
 * next to it. Reads therefore use a copy of the database and its WAL in the temp folder.
 */
import { randomBytes } from 'node:crypto';
import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { chmod, copyFile, lstat, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { codeOf, MemoryMcpError, reasonOf } from '../../core/errors.ts';
import { isProcessAlive } from '../../core/process-alive.ts';
import { listNames } from '../../files/list-names.ts';
import { privateFileMode } from '../../files/private-modes.ts';

const sizeLimit = 1024 ** 3;
/** A file system that is read-only here may be written elsewhere, for example by another container. */
const attempts = 5;
/** The token tells this process from an earlier one with the same pid, as in a container that was started again. */
const ownPrefix = `memory-mcp-read-only-${process.pid}-${randomBytes(4).toString('hex')}-`;

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

/** Throws `backend_unavailable` if the files are larger than 1 GB or the temp folder cannot take them. */
export async function copyPrivately(path: string): Promise<PrivateCopy> {
  await removeAbandonedCopies();
  for (let attempt = 1; attempt <= attempts; attempt++) {
    requireCopyableSize(path);
    const original = fingerprint(path);
    const folder = await copyToTemp(path);
    const isCurrent = () => fingerprint(path) === original;
    const remove = () => rm(folder, { recursive: true, force: true });
    if (isCurrent()) return { path: join(folder, basename(path)), isCurrent, remove };
    // A database and a WAL of different moments do not fit together.
    await remove();
  }
  throw new MemoryMcpError('busy', `${path} is on a read-only file system and changed each time that it was copied`, {
    hint: 'Another program writes it. Try again, or let this server use the data folder through a writable mount.',
  });
}

const filesOf = (path: string) => [path, `${path}-wal`];

function requireCopyableSize(path: string): void {
  const size = filesOf(path).reduce((sum, file) => sum + (statOf(file)?.size ?? 0), 0);
  if (size <= sizeLimit) return;
  throw new MemoryMcpError('backend_unavailable', `${path} is on a read-only file system and larger than 1 GB`, {
    hint: 'It can only be read through a copy in the temp folder. Mount the data folder writable, or copy it yourself.',
  });
}

/** Copies the files to a new folder in the temp folder, which holds nothing of them after a failure. */
async function copyToTemp(path: string): Promise<string> {
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(tmpdir(), ownPrefix));
    for (const file of filesOf(path).filter(statOf)) {
      const copy = join(folder, basename(file));
      await copyFile(file, copy, constants.COPYFILE_FICLONE);
      await chmod(copy, privateFileMode);
    }
    return folder;
  } catch (error) {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    // Without the cause: a full temp folder is no reason to make room in the data folder.
    throw new MemoryMcpError(
      'backend_unavailable',
      `${path} is on a read-only file system and could not be copied to ${tmpdir()} (${reasonOf(error)})`,
      { hint: 'Reading it takes a copy. Free some space there, or set TMPDIR to a writable folder with room.' },
    );
  }
}

/** Deletes the copies of processes that were killed: memories must not pile up in the temp folder. */
async function removeAbandonedCopies(): Promise<void> {
  const folder = tmpdir();
  try {
    for (const name of (await listNames(folder)).filter(isAbandoned)) {
      const { uid } = await lstat(join(folder, name));
      // What another user has put there could be swapped for a link while it is deleted.
      if (uid === process.getuid?.()) await rm(join(folder, name), { recursive: true, force: true });
    }
  } catch {
    // Another process was faster, or the temp folder is of no use: then the copy that follows fails, and says so.
  }
}

function isAbandoned(name: string): boolean {
  const pid = Number(/^memory-mcp-read-only-(\d+)-/.exec(name)?.[1]);
  if (Number.isNaN(pid) || name.startsWith(ownPrefix)) return false;
  return pid === process.pid || !isProcessAlive(pid);
}

function fingerprint(path: string): string {
  return filesOf(path)
    .map((file) => {
      const stats = statOf(file);
      return stats === undefined ? 'gone' : `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
    })
    .join();
}

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}
