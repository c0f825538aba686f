/** The backups in the data folder: how old the newest is, and whether the schedule works. */
import { findLastBackup, readFailure } from '../backup/scheduled-backup.ts';
import type { DataPaths } from '../config/paths.ts';
import type { Configuration } from '../config/schema.ts';
import { reasonOf } from '../core/errors.ts';
import { hourLength } from '../core/time/durations.ts';
import type { Finding } from './finding.ts';

const subject = 'backups';

export async function checkBackups(
  paths: DataPaths,
  { every_hours: everyHours, keep }: Configuration['backup'],
  now: Date,
): Promise<Finding> {
  try {
    const last = await findLastBackup(paths, now);
    const newest =
      last === undefined ? 'there is none' : `the newest is ${last.name}, ${describeAge(now, last.at)} old`;
    if (everyHours === 0) {
      return {
        subject,
        severity: 'note',
        found: `${newest}; a server makes none by itself`,
        meaning: 'Archives that were written elsewhere with --out are not looked at.',
        fix: 'Set backup.every_hours, or run "memory-mcp backup" from cron; see docs/backup.md.',
      };
    }
    const schedule = `one is due every ${everyHours} h, and ${keep} are kept`;
    const failure = readFailure(paths);
    if (failure !== undefined && (last === undefined || Date.parse(failure.at) > last.at.getTime())) {
      return {
        subject,
        severity: 'warning',
        found: `the last attempt, at ${failure.at}, failed: ${failure.reason}`,
        meaning: `Of the backups here, ${newest}. A server tries again by itself.`,
        fix: 'Run "memory-mcp backup" to see whether it works now.',
      };
    }
    const overdue = last !== undefined && now.getTime() - last.at.getTime() > 2 * everyHours * hourLength;
    return { subject, severity: overdue ? 'note' : 'ok', found: `${newest}; ${schedule}`, ...(overdue && { meaning }) };
  } catch (error) {
    return { subject, severity: 'warning', found: `${paths.backups} cannot be read: ${reasonOf(error)}` };
  }
}

const meaning = 'Backups are made while a server runs and is idle. None has been running that long since.';

function describeAge(now: Date, then: Date): string {
  const hours = Math.max(0, (now.getTime() - then.getTime()) / hourLength);
  return hours < 48 ? `${hours.toFixed(1)} h` : `${Math.floor(hours / 24)} days`;
}
