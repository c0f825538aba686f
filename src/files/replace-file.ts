/**
 * Replaces files atomically: readers see either the old file or the complete new one, even if the writer crashes.
 * Several processes may replace the same file at the same time. The last rename wins.
 */

import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from '../core/errors.ts';
import { isProcessAlive } from '../core/process-alive.ts';
import { listNames } from './list-names.ts';
import { makeFolder } from './make-folder.ts';
import { privateFileMode, privateFolderMode } from './private-modes.ts';

/** Tells this process from an earlier one with the same pid. */
const processToken = randomBytes(4).toString('hex');
const renameAttempts = 10;
const renameDelayMs = 20;

/** Writes a temporary file with `write`, then renames it to `path`. Creates the folder if it is missing. */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const folder = dirname(path);
  makeFolder(folder, privateFolderMode);
  const temporary = createTemporaryPath(path);
  try {
    const file = await open(temporary, 'wx', privateFileMode);
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await renameWithRetry(temporary, path);
  } catch (error) {
    // Report the first error, even if the cleanup fails too.
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(folder);
}

/** Synchronous version for small cache files. It does not fsync, because a lost cache only costs time. */
export function replaceCacheFile(path: string, text: string): void {
  makeFolder(dirname(path), privateFolderMode);
  const temporary = createTemporaryPath(path);
  try {
    writeFileSync(temporary, text, { mode: privateFileMode, flag: 'wx' });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** A new name next to `path`. If this process is killed, `removeLeftovers` of a later one deletes the file. */
export function createTemporaryPath(path: string): string {
  return `${path}.${process.pid}-${processToken}.${randomBytes(4).toString('hex')}.tmp`;
}

/**
 * Removes temporary files and folders of killed processes next to `path`. Returns the names of those still in use. Whoever
 * holds a lock on them all says `alone`: a process id that lives may be another process's, as after a container restarts.
 */
export function removeLeftovers(path: string, { alone = false } = {}): Promise<string[]> {
  return removeLeftoversOf(dirname(path), (name) => name === basename(path), { alone });
}

/** The same for all files of a folder whose own name `belongs` accepts. */
export async function removeLeftoversOf(
  folder: string,
  belongs: (name: string) => boolean,
  { alone = false } = {},
): Promise<string[]> {
  const inUse: string[] = [];
  for (const name of await listNames(folder)) {
    const [, own = '', pid, token] = /^(.+)\.(\d+)-([0-9a-f]{8})\.[0-9a-f]{8}\.tmp$/.exec(name) ?? [];
    if (pid === undefined || !belongs(own)) continue;
    if (!alone && isWriterAlive(Number(pid), token)) inUse.push(name);
    else await rm(join(folder, name), { force: true, recursive: true });
  }
  return inUse;
}

function isWriterAlive(pid: number, token: string | undefined): boolean {
  return pid === process.pid ? token === processToken : isProcessAlive(pid);
}

/** Retries on Windows, which refuses to replace a file that is open for reading. */
async function renameWithRetry(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(from, to);
    } catch (error) {
      const blocked = ['EPERM', 'EACCES', 'EBUSY'].includes(codeOf(error) ?? '');
      if (process.platform !== 'win32' || !blocked || attempt === renameAttempts) throw error;
      await delay(attempt * renameDelayMs);
    }
  }
}

/** Makes a rename durable. Windows cannot sync a folder, and some file systems refuse to. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EPERM'].includes(codeOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}
