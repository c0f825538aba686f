/** Copies the files of a persona that cannot be derived, consistent also while servers write. */
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PersonaPaths } from '../config/paths.ts';
import { pathExists } from '../files/path-exists.ts';
import { copyDatabase, type DatabaseSummary, inspectDatabase } from '../store/database-copy.ts';

/** The folder of `to` exists and is empty. Returns what is in the copy, which was checked. */
export async function copyPersonaFiles(from: PersonaPaths, to: PersonaPaths): Promise<DatabaseSummary> {
  await copyDatabase(from.database, to.database);
  for (const part of ['context', 'cleanupSuggestions'] as const) {
    if (pathExists(from[part])) await copyFile(from[part], to[part]);
  }
  if (pathExists(from.original)) await copyFiles(from.original, to.original);
  return inspectDatabase(to.database);
}

/** Copies regular files and folders. Whatever else lies there, such as links, leads out of the persona. */
async function copyFiles(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyFiles(source, target);
    else if (entry.isFile()) await copyFile(source, target);
  }
}
