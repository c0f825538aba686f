/**
 * persona_context.json as we write it: a mirror of the persona's context for people and programs that look into the
 * folder. A reader never sees half a file. Another file of that name, such as the original system's, is set aside.
 */
import { constants, copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createPrivateFolder, type PersonaPaths } from '../config/paths.ts';
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { removeLeftovers, replaceFile } from '../files/replace-file.ts';

/** By this a mirror is told from any other file. */
const note = 'Written by memory-mcp, to be read only: what is changed here is not taken over.';

/** The text of a context file that is not our mirror, or undefined. Whether it can be understood is not asked here. */
export function foreignContextFile(file: string): string | undefined {
  try {
    const text = readRegularFile(file);
    return text.includes(note) ? undefined : text;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new MemoryMcpError('backend_unavailable', `${file} cannot be read: ${reasonOf(error)}`, {
      hint: 'Check who owns the file, or move it away.',
      cause: error,
    });
  }
}

/** Replaces the file atomically, and removes what killed writers left beside it. */
export async function writeContextMirror(
  { context: file, original }: Pick<PersonaPaths, 'context' | 'original'>,
  context: object,
): Promise<void> {
  if (foreignContextFile(file) !== undefined) await setAside(file, original);
  await removeLeftovers(file);
  await replaceFile(file, (handle) => handle.writeFile(`${JSON.stringify({ note, ...context }, undefined, 2)}\n`));
}

async function setAside(file: string, folder: string): Promise<void> {
  createPrivateFolder(folder);
  try {
    await copyFile(file, join(folder, basename(file)), constants.COPYFILE_EXCL);
  } catch (error) {
    // What was set aside first is the original; a later file is not worth more than it.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}
