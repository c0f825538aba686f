/**
 * Lets only one process at a time download a model and shows its progress to the others. The lock is a file next to the
 * model that its holder rewrites every few seconds. A lock that is no longer rewritten, or whose process has ended, is
 * stale.
 */
import { renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { codeOf } from '../../core/errors.ts';
import { isProcessAlive } from '../../core/process-alive.ts';
import { readRegularFile } from '../../files/regular-file.ts';

export interface DownloadProgress {
  /** In bytes. */
  readonly received: number;
  readonly total: number;
}

export interface DownloadLock {
  /** Publishes the progress for waiting processes. */
  report(progress: DownloadProgress): void;
  release(): void;
}

interface Holder extends DownloadProgress {
  readonly pid: number;
  readonly host: string;
}

const heartbeatInterval = 5_000;
const staleAfter = 30_000;
const pollInterval = 500;

/** Waits until no other process downloads into `folder`. `onWaiting` receives the progress of the other one. */
export async function acquireDownloadLock(
  folder: string,
  {
    clock,
    onWaiting,
    signal,
  }: { clock: Clock; onWaiting: (progress: DownloadProgress) => void; signal?: AbortSignal | undefined },
): Promise<DownloadLock> {
  const path = join(folder, '.download.lock');
  while (!create(path)) {
    const holder = readHolder(path, clock);
    if (holder === undefined) removeStale(path);
    else {
      onWaiting(holder);
      await pause(pollInterval, undefined, { signal });
    }
  }
  let progress: DownloadProgress = { received: 0, total: 0 };
  const write = () =>
    writeFileSync(path, JSON.stringify({ ...progress, pid: process.pid, host: hostname() } satisfies Holder));
  try {
    write();
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
  const heartbeat = setInterval(() => keepAlive(path, write), heartbeatInterval).unref();
  return {
    report: (now) => {
      progress = now;
    },
    release: () => {
      clearInterval(heartbeat);
      rmSync(path, { force: true });
    },
  };
}

function create(path: string): boolean {
  try {
    writeFileSync(path, '', { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** On a full disk the progress cannot be written. The time of the file still shows that the lock is held. */
function keepAlive(path: string, write: () => void): void {
  try {
    write();
  } catch {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      // Somebody removed the lock or its folder. The download itself shows whether it can go on.
    }
  }
}

/** Undefined if the lock was removed or is stale. */
function readHolder(path: string, clock: Clock): DownloadProgress | undefined {
  try {
    if (clock.now().getTime() - statSync(path).mtimeMs > staleAfter) return undefined;
    const text = readRegularFile(path);
    if (text === '') return { received: 0, total: 0 };
    // Written by acquireDownloadLock. A partial write does not parse, and the lock then counts as held.
    const { received, total, pid, host } = JSON.parse(text) as Holder;
    return host === hostname() && !isProcessAlive(pid) ? undefined : { received, total };
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? undefined : { received: 0, total: 0 };
  }
}

/** Renames the lock first: if several processes find it stale, only one of them can remove it. */
function removeStale(path: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    rmSync(aside);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
