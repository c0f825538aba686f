/**
 * Archives the files of a persona of the original system before they are touched: `backups/original-<persona>-<time>.tar.gz`,
 * with their paths in the data folder. The time is that of its newest file, so the same state is archived once.
 */
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { writeArchive } from '../backup/archive.ts';
import { createPrivateFolder, type DataPaths } from '../config/paths.ts';
import { requireFreeSpace } from '../files/free-space.ts';
import { pathExists } from '../files/path-exists.ts';
import { privateFileMode } from '../files/private-modes.ts';
import { createTemporaryPath, removeLeftovers, syncFolder } from '../files/replace-file.ts';
import type { FoundPersona } from './find-personas.ts';
import { giveToOwnerOf } from './owner.ts';

/** Returns the path of the archive, durable. `others` is the space that the move itself needs afterwards. */
export async function archiveOriginal(
  found: FoundPersona,
  { paths, others }: { paths: DataPaths; others: number },
): Promise<string> {
  const files = await listFiles(found);
  const newest = files.reduce((latest, { modified }) => Math.max(latest, modified), 0);
  const archive = join(paths.backups, `original-${found.name}-${timeInName(new Date(newest))}.tar.gz`);
  if (pathExists(paths.backups) && pathExists(archive)) return archive;
  createPrivateFolder(paths.backups);
  await removeLeftovers(archive);
  const size = files.reduce((sum, { bytes }) => sum + bytes, 0);
  await requireFreeSpace(paths.backups, size + others, `Moving persona "${found.name}" with a backup of it`);
  const temporary = createTemporaryPath(archive);
  try {
    const file = await open(temporary, 'wx', privateFileMode);
    try {
      const entries = files.map(({ path, bytes }) => ({
        name: relative(paths.data, path).split(sep).join('/'),
        bytes,
        // A file that grows meanwhile is noticed by the move, which compares before and after.
        read: () => createReadStream(path, bytes > 0 ? { end: bytes - 1 } : {}),
      }));
      await writeArchive(file, entries, new Date(newest));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, archive);
    await syncFolder(paths.backups);
    await giveToOwnerOf(paths.data, paths.backups);
    return archive;
  } finally {
    await rm(temporary, { force: true });
  }
}

interface ListedFile {
  readonly path: string;
  readonly bytes: number;
  readonly modified: number;
}

/** The regular files among what belongs to the persona, those in its folders included. */
async function listFiles({ files }: FoundPersona): Promise<ListedFile[]> {
  const paths: string[] = [];
  for (const { path } of files) {
    if ((await stat(path)).isDirectory()) {
      const entries = await readdir(path, { withFileTypes: true, recursive: true });
      paths.push(...entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)));
    } else paths.push(path);
  }
  const listed: ListedFile[] = [];
  for (const path of paths.sort()) {
    const { size, mtimeMs } = await stat(path);
    listed.push({ path, bytes: size, modified: mtimeMs });
  }
  return listed;
}

function timeInName(moment: Date): string {
  const [date = '', time = ''] = moment.toISOString().replaceAll(/[-:]/g, '').split(/[T.]/);
  return `${date}-${time}`;
}
