/**
 * Replaces a file in one step: readers see the old one or the new one, whole, whatever happens to the writer. Several
 * processes may replace the same file at once; the last rename wins.
 */
import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from '../core/errors.ts';
import { isProcessAlive } from '../core/process-alive.ts';
import { makeFolder } from './make-folder.ts';
import { privateFileMode, privateFolderMode } from './private-modes.ts';

/** Tells this process from an earlier one that had its number. */
const processToken = randomBytes(4).toString('hex');
const renameAttempts = 10;
const renameDelayMs = 20;

/** Writes a new file with `write` and puts it in the place of `path`. The folder is made if it is missing. */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const folder = dirname(path);
  makeFolder(folder, privateFolderMode);
  const temporary = temporaryPath(path);
  try {
    const file = await open(temporary, 'wx', privateFileMode);
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await renamePatiently(temporary, path);
  } catch (error) {
    // Whatever else goes wrong now, the first error is the one to report.
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(folder);
}

/** The same for a small cache that is written synchronously. Not flushed to disk: losing it costs nothing but time. */
export function replaceCacheFile(path: string, text: string): void {
  makeFolder(dirname(path), privateFolderMode);
  const temporary = temporaryPath(path);
  try {
    writeFileSync(temporary, text, { mode: privateFileMode, flag: 'wx' });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** A new name beside `path` that `removeLeftovers` knows: what this process leaves there is removed by a later one. */
export function temporaryPath(path: string): string {
  return `${path}.${process.pid}-${processToken}.${randomBytes(4).toString('hex')}.tmp`;
}

/** Removes what killed processes left beside `path`. Returns the names that running processes still write to. */
export async function removeLeftovers(path: string): Promise<string[]> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  const inUse: string[] = [];
  for (const name of await namesIn(folder)) {
    if (!name.startsWith(prefix)) continue;
    const [, pid, token] = /^(\d+)-([0-9a-f]{8})\.[0-9a-f]{8}\.tmp$/.exec(name.slice(prefix.length)) ?? [];
    if (pid === undefined) continue;
    if (isAtWork(Number(pid), token)) inUse.push(name);
    else await rm(join(folder, name), { force: true });
  }
  return inUse;
}

function isAtWork(pid: number, token: string | undefined): boolean {
  return pid === process.pid ? token === processToken : isProcessAlive(pid);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Windows refuses to replace a file that somebody is reading. */
async function renamePatiently(from: string, to: string): Promise<void> {
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

/** Makes a rename durable. Windows has no such call, and some file systems refuse it. */
async function syncFolder(folder: string): Promise<void> {
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
