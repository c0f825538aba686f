/** Which processes have a file open. Only Linux tells without a further program. */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';

export interface OpenBy {
  readonly pid: number;
  readonly name: string;
}

/** The other processes of this user that have the file open; undefined where the platform does not say. */
export function processesWithOpenFile(path: string): OpenBy[] | undefined {
  if (process.platform !== 'linux') return undefined;
  const target = realpathSync(path);
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => openFilesOf(pid).includes(target))
    .map((pid) => ({ pid: Number(pid), name: nameOf(pid) }));
}

/** Empty for a process of another user, or one that has just ended. */
function openFilesOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${descriptor}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return 'a process that has ended';
  }
}
