/**
 * Room on a full disk. Deleting needs some, because SQLite writes to its log before anything shrinks, and deleting is how
 * people make room. So the index file goes first, which is built again from the database, and then a reserve: a file that
 * is there for this moment alone.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataPaths, PersonaPaths } from '../config/paths.ts';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { pathExists } from '../files/path-exists.ts';
import { replaceFile } from '../files/replace-file.ts';
import { isDiskFull } from '../store/sqlite/sqlite-errors.ts';

const reserveBytes = 8 * 2 ** 20;
/** The reserve is made where this much is left besides. */
const spareBytes = 3 * reserveBytes;

export interface DiskRoom {
  /** Runs `work`, and again with more room each time the disk is full. `work` must change nothing when it fails. */
  with<Result>(persona: PersonaPaths, work: () => Promise<Result>): Promise<Result>;
  /** Makes the reserve if it is missing and the disk has room for it. */
  keepReserve(): Promise<void>;
}

export function createDiskRoom({ paths, logger }: { paths: DataPaths; logger: Logger }): DiskRoom {
  async function remove(file: string, what: string): Promise<boolean> {
    if (!pathExists(file)) return false;
    await rm(file, { force: true });
    logger.warn(`the disk is full; ${what} was removed to make room`, { file });
    return true;
  }

  return {
    async with(persona, work) {
      const free = async () =>
        (await remove(persona.vectorIndex, 'index.faiss, which is built again later,')) ||
        (await remove(paths.spaceReserve, 'the reserve'));
      for (;;) {
        try {
          return await work();
        } catch (error) {
          if (!isDiskFull(error)) throw error;
          if (!(await free())) throw explainFullDisk(error, paths);
        }
      }
    },
    async keepReserve() {
      try {
        if (!pathExists(paths.memory) || pathExists(paths.spaceReserve)) return;
        const { bavail, bsize } = await statfs(paths.data);
        if (bavail * bsize < reserveBytes + spareBytes) return;
        // Random, because some file systems store zeros without taking up space.
        await replaceFile(paths.spaceReserve, (file) => file.writeFile(randomBytes(reserveBytes)));
      } catch (error) {
        logger.debug('the space reserve could not be made', { reason: reasonOf(error) });
      }
    },
  };
}

/** Names what can go: nothing of it is needed for the memories. */
function explainFullDisk(error: unknown, { backups, logs, models }: DataPaths): MemoryMcpError {
  const found = Object.entries({ 'backup archives': backups, 'log files': logs, 'model files': models }).flatMap(
    ([what, folder]) => {
      const bytes = sizeOf(folder);
      return bytes === 0 ? [] : [`${what} in ${folder} (${(bytes / 1_000_000).toFixed(1)} MB)`];
    },
  );
  const listed = found.length === 0 ? '' : ` What can go first: ${found.join(', ')}.`;
  return new MemoryMcpError('backend_unavailable', reasonOf(error), {
    hint: `Free some megabytes on this disk and try again. Everything acknowledged before is safe.${listed}`,
    cause: error,
  });
}

function sizeOf(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  } catch {
    // It is missing or changes just now: then it is not named.
    return 0;
  }
}
