/**
 * Creates a folder and its missing parents. Node's recursive mkdir loops forever if mkdir fails with ENOENT although
 * the parent exists, as it does below /proc.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '../core/errors.ts';

/** Applies `mode` to every folder it creates, not to existing ones. Throws the system's error. */
export function makeFolder(folder: string, mode?: number): void {
  const first = tryMkdir(folder, mode);
  if (first === undefined) return;
  const parent = dirname(folder);
  if (codeOf(first) !== 'ENOENT' || parent === folder) throw first;
  if (!existsSync(parent)) makeFolder(parent, mode);
  // The parent exists now. If mkdir still fails, another attempt would fail too.
  const second = tryMkdir(folder, mode);
  if (second !== undefined) throw second;
}

/** Returns the error if the folder does not exist afterwards. */
function tryMkdir(folder: string, mode: number | undefined): unknown {
  try {
    mkdirSync(folder, mode);
    return undefined;
  } catch (error) {
    return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? undefined : error;
  }
}
