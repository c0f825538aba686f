/** Copies a persona under another name, also while servers write. The copy is a store of its own. */
import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { copyPersonaFiles } from '../backup/copy-persona-files.ts';
import { createPrivateFolder, type DataPaths, dataPaths, personaPaths } from '../config/paths.ts';
import { createTemporaryPath, removeLeftovers, syncFolder } from '../files/replace-file.ts';
import { openConnection } from '../store/sqlite/connection.ts';
import { requireFreeName, requirePersona } from './require-persona.ts';

export interface CopyReceipt {
  readonly from: string;
  readonly to: string;
  readonly memories: number;
}

/** Throws `not_found`, and `conflict` for a name that is taken. A copy that is killed leaves nothing under the new name. */
export async function copyPersona(
  paths: DataPaths,
  { from: oldName, to: newName }: { from: string; to: string },
): Promise<CopyReceipt> {
  const from = requirePersona(paths, oldName);
  const to = requireFreeName(paths, newName);
  const prefix = join(paths.data, 'copy');
  await removeLeftovers(prefix);
  const staging = createTemporaryPath(prefix);
  try {
    const staged = personaPaths(dataPaths(staging), to);
    createPrivateFolder(staged.folder);
    const { memories } = await copyPersonaFiles(personaPaths(paths, from), staged);
    await makeOwnStore(staged.database);
    await rename(staged.folder, personaPaths(paths, to).folder);
    await syncFolder(paths.memory);
    return { from, to, memories };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Two stores with one id would take each other's collection for their own. */
async function makeOwnStore(database: string): Promise<void> {
  const connection = await openConnection({ path: database, busyTimeout: 1_000 });
  try {
    await connection.write(() => {
      const set = connection.sql('UPDATE meta SET value = ? WHERE name = ?');
      for (const name of ['store_id', 'epoch']) set.run(randomUUID(), name);
    });
    // The folder is moved next: nothing may be left in a WAL.
    connection.pragma('journal_mode = DELETE');
  } finally {
    connection.close();
  }
}
