/**
 * Tells whether another process has a SQLite database open, without touching the file. A connection in WAL mode holds a
 * lock for as long as it lives; one with a rollback journal only while it writes.
 */
import { linkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../core/errors.ts';
import { makeFolder } from './make-folder.ts';
import { privateFolderMode } from './private-modes.ts';
import { createTemporaryPath } from './replace-file.ts';
import { loadSqliteDriver } from './sqlite-driver.ts';

/** Uses a temporary folder next to `prefix`, on the same file system. Undefined where that cannot tell. */
export async function isOpenElsewhere(path: string, prefix: string): Promise<boolean | undefined> {
  const Driver = await loadSqliteDriver();
  const folder = createTemporaryPath(prefix);
  makeFolder(folder, privateFolderMode);
  try {
    // Locks belong to the file, journals to the name: by another name SQLite finds no journal that it would roll back.
    const link = join(folder, 'link.sqlite');
    linkSync(path, link);
    const database = new Driver(link, { timeout: 0 });
    try {
      database.pragma('locking_mode = EXCLUSIVE');
      database.exec('BEGIN EXCLUSIVE; ROLLBACK');
      return false;
    } catch (error) {
      return codeOf(error)?.startsWith('SQLITE_BUSY') === true ? true : undefined;
    } finally {
      database.close();
    }
  } catch {
    // A file system without hard links, or a file that is no database.
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
