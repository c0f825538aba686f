/** Deletes a persona with all its files, after a backup of it. */
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createBackup } from '../backup/create-backup.ts';
import { type DataPaths, personaPaths } from '../config/paths.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { createTemporaryPath, removeLeftovers, syncFolder } from '../files/replace-file.ts';
import { summarizeStore } from '../store/summarize-store.ts';
import { type HeldPersona, holdPersona } from './hold-persona.ts';
import type { OpenPersonaCollection } from './persona-collection.ts';
import { type CollectionOutcome, removeCollection } from './remove-collection.ts';
import { requirePersona } from './require-persona.ts';

export interface DeleteOptions {
  readonly name: string;
  readonly backup: boolean;
  readonly version: string;
  readonly now: () => Date;
  readonly openCollection: OpenPersonaCollection;
}

export interface DeletePersonaReceipt {
  readonly deleted: string;
  /** The archive that holds it. */
  readonly archive?: string | undefined;
  readonly collection?: CollectionOutcome | undefined;
}

const attempts = 3;

/** Throws `not_found`, and `busy` if a program has the persona open or goes on writing to it. */
export async function deletePersona(paths: DataPaths, options: DeleteOptions): Promise<DeletePersonaReceipt> {
  const folder = requirePersona(paths, options.name);
  refuseLink(personaPaths(paths, folder).folder);
  await removeDeletedPersonas(paths);
  const prefix = prefixOf(paths);
  const { held, archive } = await backUpAndHold(paths, folder, options);
  const removed = createTemporaryPath(prefix);
  try {
    held.beforeMove();
    // One step: a process that is killed leaves all of it or nothing.
    await rename(personaPaths(paths, folder).folder, removed);
  } finally {
    held.release();
  }
  await syncFolder(paths.memory);
  await rm(removed, { recursive: true, force: true });
  const collection = await removeCollection(options.openCollection(folder), held.storeId);
  return { deleted: folder, archive, collection };
}

const prefixOf = ({ data }: DataPaths) => join(data, 'delete');

/** Removes what killed deletions left. */
export async function removeDeletedPersonas(paths: DataPaths): Promise<void> {
  await removeLeftovers(prefixOf(paths));
}

/** The names of what killed deletions left, or a running one has not removed yet. */
export function findDeletedPersonas({ data }: DataPaths): string[] {
  return readdirSync(data).filter((name) => /^delete\.\d+-[0-9a-f]{8}\.[0-9a-f]{8}\.tmp$/.test(name));
}

/** Of a link only the link would be deleted, and the memories would stay. */
function refuseLink(folder: string): void {
  if (!lstatSync(folder).isSymbolicLink()) return;
  throw new MemoryMcpError('conflict', `${folder} is a link to ${readlinkSync(folder)}; nothing was deleted`, {
    hint: 'Back the persona up with "memory-mcp backup --persona", then remove that folder and the link yourself.',
  });
}

async function backUp(paths: DataPaths, folder: string, { version, now }: DeleteOptions): Promise<string> {
  try {
    const options = { paths, personas: [folder], selection: folder, out: paths.backups, verify: true, version, now };
    return (await createBackup(options)).archive;
  } catch (cause) {
    if (!(cause instanceof MemoryMcpError)) throw cause;
    const { code, message, hint } = cause;
    throw new MemoryMcpError(code, `Persona "${folder}" was not deleted. ${message}`, { hint, cause });
  }
}

/** The archive holds everything that was written before the persona was locked. */
async function backUpAndHold(
  paths: DataPaths,
  folder: string,
  options: DeleteOptions,
): Promise<{ held: HeldPersona; archive: string | undefined }> {
  // Before a backup is made for nothing.
  (await holdPersona(paths, folder)).release();
  const { backup } = options;
  for (let attempt = 1; backup && attempt <= attempts; attempt++) {
    const { stamp } = await summarizeStore(personaPaths(paths, folder).database);
    const archive = await backUp(paths, folder, options);
    const held = await holdPersona(paths, folder);
    if (held.stamp === stamp) return { held, archive };
    held.release();
    await rm(archive, { force: true });
  }
  if (!backup) return { held: await holdPersona(paths, folder), archive: undefined };
  throw new MemoryMcpError('busy', `Persona "${folder}" is being written to; nothing was deleted`, {
    hint: 'Stop every memory-mcp server and client that uses this data folder, and run the command again.',
  });
}
