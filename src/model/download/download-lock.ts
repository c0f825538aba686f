/**
 * Lets one process at a time fetch a model, and the others see how far it is. The lock is a file beside the model that
 * its holder touches every few seconds; one that is no longer touched, or whose process is gone, counts for nothing.
 */
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { codeOf } from '../../core/errors.ts';
import { isProcessAlive } from '../../core/process-alive.ts';
import { readRegularFile } from '../../files/regular-file.ts';

export interface DownloadProgress {
  /** Bytes. */
  readonly received: number;
  readonly total: number;
}

export interface DownloadLock {
  /** Writes down how far the download is, for those who wait. */
  report(progress: DownloadProgress): void;
  release(): void;
}

interface Holder extends DownloadProgress {
  readonly pid: number;
  readonly host: string;
}

const touchedEvery = 5_000;
const forgottenAfter = 30_000;
const lookedAtEvery = 500;

/** Waits until nobody else fetches into `folder`. `onWaiting` hears how far the other one is. */
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
    if (holder === undefined) removeForgotten(path);
    else {
      onWaiting(holder);
      await pause(lookedAtEvery, undefined, { signal });
    }
  }
  let progress: DownloadProgress = { received: 0, total: 0 };
  const write = () =>
    writeFileSync(path, JSON.stringify({ ...progress, pid: process.pid, host: hostname() } satisfies Holder));
  write();
  const touching = setInterval(write, touchedEvery).unref();
  return {
    report: (now) => {
      progress = now;
    },
    release: () => {
      clearInterval(touching);
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

/** Undefined where the lock is gone or nobody holds it any more. */
function readHolder(path: string, clock: Clock): DownloadProgress | undefined {
  try {
    if (clock.now().getTime() - statSync(path).mtimeMs > forgottenAfter) return undefined;
    const text = readRegularFile(path);
    if (text === '') return { received: 0, total: 0 };
    // Written above, whole or not at all.
    const { received, total, pid, host } = JSON.parse(text) as Holder;
    return host === hostname() && !isProcessAlive(pid) ? undefined : { received, total };
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? undefined : { received: 0, total: 0 };
  }
}

/** Out of the way first, so that of several who find it forgotten one removes it. */
function removeForgotten(path: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    rmSync(aside);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
