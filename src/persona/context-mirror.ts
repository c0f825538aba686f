/**
 * Writes persona_context.json: a read-only copy of the persona's context for people and programs that look into the
 * folder. Readers never see a partial file. A file of that name that we did not write, such as the original system's,
 * is copied to a backup folder first.
 */
import { constants, copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createPrivateFolder, type PersonaPaths } from '../config/paths.ts';
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { removeLeftovers, replaceFile } from '../files/replace-file.ts';

/** Marks a file as our mirror. */
const note = 'Written by memory-mcp, to be read only: what is changed here is not taken over.';

/** The text of a context file that is not our mirror, or undefined. The text may be invalid. */
export function readForeignContextFile(file: string): string | undefined {
  try {
    const text = readRegularFile(file);
    return text.includes(note) ? undefined : text;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new MemoryMcpError('backend_unavailable', `${file} cannot be read: ${reasonOf(error)}`, {
      hint: 'Check the permissions of the file, or move it away.',
      cause: error,
    });
  }
}

/** Replaces the file atomically, and removes temporary files of writers that were killed. */
export async function writeContextMirror(
  { context: file, original }: Pick<PersonaPaths, 'context' | 'original'>,
  context: object,
): Promise<void> {
  if (readForeignContextFile(file) !== undefined) await setAside(file, original);
  await removeLeftovers(file);
  await replaceFile(file, (handle) => handle.writeFile(`${JSON.stringify({ note, ...context }, undefined, 2)}\n`));
}

async function setAside(file: string, folder: string): Promise<void> {
  createPrivateFolder(folder);
  try {
    await copyFile(file, join(folder, basename(file)), constants.COPYFILE_EXCL);
  } catch (error) {
    // The copy that is already there is the original, so keep it.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}
