/** The processes that share the models of a folder, found on Linux by their working directory, which is that folder. */
import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Hosts and the processes that run their models. */
export function processesOfHost(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => workingDirectory(pid) === folder);
}

/** The milliseconds until none is left, or undefined if some are after so long. */
export async function untilNoneLeft(folder: string, limit = 10_000): Promise<number | undefined> {
  const began = performance.now();
  for (; performance.now() - began < limit; await pause(20)) {
    if (processesOfHost(folder).length === 0) return performance.now() - began;
  }
  return undefined;
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // It has ended, or belongs to somebody else.
    return undefined;
  }
}
