/**
 * Watching processes that are nobody's child any more: whether one still runs, and waiting until it does not.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a process runs. One that has ended but was not collected by anybody (a zombie) does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    // "pid (name) state …": the name may hold anything, brackets too.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Resolves with true once the process is gone, with false if it still runs after `limit` milliseconds. */
export async function untilGone(pid: number, limit = 10_000): Promise<boolean> {
  for (const deadline = performance.now() + limit; performance.now() < deadline; await sleep(20)) {
    if (!isRunning(pid)) return true;
  }
  return !isRunning(pid);
}
