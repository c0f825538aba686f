/** The id of a data folder, by which its backups are told from those of others in the same place. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { DataPaths } from '../config/paths.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { replaceFile } from '../files/replace-file.ts';

/** Creates the id if the folder has none yet. */
export async function readDataFolderId({ dataFolderId: file }: DataPaths): Promise<string> {
  // Read back, because another process may create one at the same time, and the last one stays.
  if (!existsSync(file)) await replaceFile(file, (handle) => handle.writeFile(`${randomUUID()}\n`));
  const id = readRegularFile(file).trim();
  if (/^[0-9a-f-]{36}$/.test(id)) return id;
  throw new MemoryMcpError('corrupt', `${file} does not contain the id of a data folder`, {
    hint: 'Delete the file. Backups made before are then not counted by --keep any more.',
  });
}
