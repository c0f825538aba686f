/**
 * With `backup.every_hours`, a server makes backups while no call is running. Each is made by the command `backup` in a
 * process of its own, because copying a database blocks. Servers that share the data folder take turns by the lock of that
 * command, and know from the newest archive whether one is due.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { findLastBackup, forgetFailure, nextBackupAt, noteFailure } from '../backup/scheduled-backup.ts';
import { type DataPaths, personaFolders } from '../config/paths.ts';
import type { Configuration } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { counted } from '../core/text/counted.ts';
import { hourLength, minuteLength, secondLength } from '../core/time/durations.ts';
import { findStartCommand } from '../setup/start-command.ts';

export interface ScheduledBackupsDeps {
  readonly paths: DataPaths;
  readonly current: () => Configuration;
  /** The configuration file that the server was started with. */
  readonly config: string | undefined;
  /** Milliseconds since the last call; 0 while one is running. */
  readonly idleFor: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const report = z.union([
  z.object({ archive: z.string() }),
  z.object({ skipped: z.string() }),
  z.object({ error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }) }),
]);

/** How long a server has to be idle before it begins, and after a failure how long until it tries again. */
const idleBefore = 30 * secondLength;
const retryAfter = hourLength;
const lookEvery = minuteLength;

/** `close` kills a backup that is running. It leaves no archive, and the next one removes what it left. */
export function startScheduledBackups(deps: ScheduledBackupsDeps): { close(): Promise<void> } {
  const { paths, current, config, idleFor, clock, logger } = deps;
  const stop = new AbortController();
  /** Not looked at again before. */
  let waitUntil = 0;
  const everyMilliseconds = () => current().backup.every_hours * hourLength;
  // A short interval, as for a trial, is not kept waiting.
  const atMost = (milliseconds: number) =>
    everyMilliseconds() === 0 ? milliseconds : Math.min(milliseconds, Math.max(secondLength, everyMilliseconds() / 4));

  async function look(): Promise<void> {
    const now = clock.now();
    if (everyMilliseconds() === 0 || now.getTime() < waitUntil || idleFor() < atMost(idleBefore)) return;
    if (personaFolders(paths).length === 0) return;
    const next = nextBackupAt(await findLastBackup(paths, now), current().backup.every_hours, now);
    // Closed meanwhile: nothing would end a process that is started now.
    if (stop.signal.aborted) return;
    if (next === undefined) await makeOne();
    // Looked at again sooner in case the interval is made shorter.
    else waitUntil = Math.min(next.getTime(), now.getTime() + atMost(10 * minuteLength));
  }

  async function makeOne(): Promise<void> {
    logger.info('a backup is being made, as backup.every_hours says');
    try {
      const outcome = await runBackup(config, stop.signal);
      if (outcome !== undefined) logger.info(`the backup is ${outcome}`);
      forgetFailure(paths);
    } catch (error) {
      if (!stop.signal.aborted) fail(error);
    }
  }

  function fail(error: unknown): void {
    const wait = atMost(retryAfter);
    const now = clock.now();
    waitUntil = now.getTime() + wait;
    const minutes = Math.max(1, Math.round(wait / minuteLength));
    logger.error(`the backup failed: ${reasonOf(error)}. It is tried again in ${counted(minutes, 'minute')}`, {
      hint: error instanceof MemoryMcpError ? error.hint : undefined,
    });
    try {
      noteFailure(paths, { at: now.toISOString(), reason: reasonOf(error) });
    } catch (problem) {
      logger.warn('the doctor will not know of that failure', { reason: reasonOf(problem) });
    }
  }

  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      await delay(atMost(lookEvery), undefined, { signal: stop.signal, ref: false }).catch(() => {});
      if (stop.signal.aborted) return;
      await look().catch(fail);
    }
  }

  const watching = watch();
  return {
    async close() {
      stop.abort();
      await watching;
    },
  };
}

/** The path of the archive; undefined if another process made one. */
async function runBackup(config: string | undefined, signal: AbortSignal): Promise<string | undefined> {
  const { command, args } = findStartCommand();
  const child = spawn(
    command,
    [...args, 'backup', '--scheduled', '--json', ...(config === undefined ? [] : [`--config=${config}`])],
    { stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true },
  );
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  try {
    lowerPriority(child.pid);
    const [output, [code, killedBy]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    return readReport(output, killedBy === null ? `with exit code ${code}` : `by signal ${killedBy}`);
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

/** Other programs of the machine go first. */
function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended, or the system does not allow it: the backup is made with the usual priority.
  }
}

function readReport(output: string, ending: string): string | undefined {
  const found = parseReport(output);
  if (found === undefined) throw new MemoryMcpError('internal', `its process ended ${ending}`);
  if ('error' in found)
    throw new MemoryMcpError('backend_unavailable', found.error.message, { hint: found.error.hint });
  return 'archive' in found ? found.archive : undefined;
}

function parseReport(output: string): z.infer<typeof report> | undefined {
  try {
    return report.parse(JSON.parse(output));
  } catch {
    return undefined;
  }
}
