/**
 * When the next backup of `backup.every_hours` is due, and what became of the last attempt. Both lie in the data folder,
 * where every server of it and the doctor can read them.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { createPrivateFolder, type DataPaths } from '../config/paths.ts';
import { hourLength } from '../core/time/durations.ts';
import { type LockFile, takeLock } from '../files/lock-file.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { replaceCacheFile } from '../files/replace-file.ts';
import { readDataFolderId } from './data-folder-id.ts';
import { listOwnBackups } from './own-backups.ts';

export interface LastBackup {
  readonly name: string;
  readonly at: Date;
}

const failureSchema = z.object({ at: z.string(), reason: z.string() });
export type BackupFailure = z.infer<typeof failureSchema>;

const failureFile = ({ backups }: DataPaths) => join(backups, 'last-failure.json');

/**
 * The newest archive of all personas in the folder for backups; undefined if there is none. One of the future, from
 * before the clock was set back, does not count: it would hide those that were made since.
 */
export async function findLastBackup(paths: DataPaths, now: Date): Promise<LastBackup | undefined> {
  // Without an id there has been no backup, and looking creates none.
  if (!existsSync(paths.dataFolderId)) return undefined;
  const own = { data_folder: await readDataFolderId(paths), selection: null };
  const made = (await listOwnBackups(paths.backups, own)).map(({ name, manifest }) => ({
    name,
    at: new Date(manifest.created_at),
  }));
  return made.find(({ at }) => at <= now);
}

/** The moment; undefined if it is due now. */
export function nextBackupAt(last: LastBackup | undefined, everyHours: number, now: Date): Date | undefined {
  if (last === undefined) return undefined;
  const next = new Date(last.at.getTime() + everyHours * hourLength);
  return next > now ? next : undefined;
}

/** Held while a backup of the schedule is made; undefined while another process has it. */
export function lockSchedule(paths: DataPaths): Promise<LockFile | undefined> {
  createPrivateFolder(paths.backups);
  return takeLock(join(paths.backups, 'schedule.lock'));
}

export function noteFailure(paths: DataPaths, failure: BackupFailure): void {
  replaceCacheFile(failureFile(paths), JSON.stringify(failure));
}

export function forgetFailure(paths: DataPaths): void {
  rmSync(failureFile(paths), { force: true });
}

/** Why the last backup of the schedule failed; undefined if it did not. */
export function readFailure(paths: DataPaths): BackupFailure | undefined {
  try {
    return failureSchema.parse(JSON.parse(readRegularFile(failureFile(paths))));
  } catch {
    // There is none, or it is none.
    return undefined;
  }
}
