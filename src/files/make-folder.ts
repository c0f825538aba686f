/**
 * Makes a folder and its missing parents. Node's own recursive mkdir tries for ever where a file system denies that
 * there is a folder which can be seen, as /proc does for any new name in it.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '../core/errors.ts';

/** What exists already is left as it is. `mode` is for all that is made. Throws the system's error. */
export function makeFolder(folder: string, mode?: number): void {
  const first = tryToMake(folder, mode);
  if (first === undefined) return;
  const parent = dirname(folder);
  if (codeOf(first) !== 'ENOENT' || parent === folder) throw first;
  if (!existsSync(parent)) makeFolder(parent, mode);
  // The parent is there now, perhaps because another process made it. If that is not enough, nothing is.
  const second = tryToMake(folder, mode);
  if (second !== undefined) throw second;
}

/** The error, if the folder is not there afterwards. */
function tryToMake(folder: string, mode: number | undefined): unknown {
  try {
    mkdirSync(folder, mode);
    return undefined;
  } catch (error) {
    return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? undefined : error;
  }
}
