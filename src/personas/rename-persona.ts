/** Renames a persona while nobody has it open: its folder moves in one step. */
import { rename } from 'node:fs/promises';
import { type DataPaths, personaPaths } from '../config/paths.ts';
import { syncFolder } from '../files/replace-file.ts';
import { holdPersona } from './hold-persona.ts';
import type { OpenPersonaCollection } from './persona-collection.ts';
import { type CollectionOutcome, removeCollection } from './remove-collection.ts';
import { requireFreeName, requirePersona } from './require-persona.ts';

export interface RenameReceipt {
  readonly from: string;
  readonly to: string;
  /** What became of the old name's collection. A server fills the new one when the persona is next used. */
  readonly collection?: CollectionOutcome | undefined;
}

/** Throws `not_found`, `conflict` for a name that is taken, and `busy` if a program has the persona open. */
export async function renamePersona(
  paths: DataPaths,
  { from: oldName, to: newName }: { from: string; to: string },
  openCollection: OpenPersonaCollection,
): Promise<RenameReceipt> {
  const from = requirePersona(paths, oldName);
  const to = requireFreeName(paths, newName, from);
  const held = await holdPersona(paths, from);
  try {
    held.beforeMove();
    await rename(personaPaths(paths, from).folder, personaPaths(paths, to).folder);
  } finally {
    held.release();
  }
  await syncFolder(paths.memory);
  return { from, to, collection: await removeCollection(openCollection(from), held.storeId) };
}
