/**
 * The personas of a data folder: how much each holds and when it was last used. Opens none of them for writing, and reads
 * their databases through SQLite alone: a server lists them too, and closing a file that SQLite has open in the same
 * process would drop its locks.
 */
import { type Stats, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type DataPaths, personaFolders, personaPaths } from '../config/paths.ts';
import { reasonOf } from '../core/errors.ts';
import type { Timestamp } from '../core/memory.ts';
import { pathExists } from '../files/path-exists.ts';
import { requireRegularFile } from '../files/regular-file.ts';
import { summarizeStore } from '../store/summarize-store.ts';

export interface PersonaSummary {
  readonly name: string;
  readonly memories?: number | undefined;
  readonly deleted?: number | undefined;
  readonly pinned?: number | undefined;
  readonly oldest?: Timestamp | undefined;
  readonly newest?: Timestamp | undefined;
  readonly last_used?: Timestamp | undefined;
  /** Of all its files. */
  readonly bytes: number;
  /** Why there are no figures. */
  readonly problem?: string | undefined;
}

export async function listPersonas(paths: DataPaths): Promise<PersonaSummary[]> {
  const summaries: PersonaSummary[] = [];
  for (const name of personaFolders(paths)) summaries.push(await summarizePersona(paths, name));
  return summaries;
}

/** `name` is the name of its folder. A database that cannot be read is a `problem`, not an error. */
export async function summarizePersona(paths: DataPaths, name: string): Promise<PersonaSummary> {
  const { folder, database } = personaPaths(paths, name);
  try {
    const bytes = await folderBytes(folder);
    if (!pathExists(database)) return { name, bytes, memories: 0 };
    requireRegularFile(database);
    if (sizeOf(database) === 0) return { name, bytes, memories: 0 };
    const { memories, deleted, pinned, oldest, newest, lastUsed } = await summarizeStore(database);
    return { name, memories, deleted, pinned, oldest, newest, last_used: lastUsed, bytes };
  } catch (error) {
    return { name, bytes: 0, problem: reasonOf(error) };
  }
}

async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  return names.reduce((sum, name) => sum + sizeOf(join(folder, name)), 0);
}

/** 0 for a folder, and for a temporary file that is gone by now. */
function sizeOf(path: string): number {
  const found: Stats | undefined = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.size : 0;
}
