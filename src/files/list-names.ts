/** The names in a folder, of which there are none where it does not exist. */
import { readdir } from 'node:fs/promises';
import { codeOf } from '../core/errors.ts';

export async function listNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
