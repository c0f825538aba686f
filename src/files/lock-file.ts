/**
 * A lock between processes that the operating system releases when its holder ends, however that happens. It is an
 * exclusive transaction on an empty SQLite file: the locks of SQLite work on every platform, and unlike a file that
 * exists while it is locked, it can be neither left behind nor stolen.
 */
import { loadSqliteDriver } from './sqlite-driver.ts';

export interface LockFile {
  release(): void;
}

/** Two processes that try at the same moment would both fail if neither waited. */
const patienceMilliseconds = 100;

/** Until they are released. A database that nothing refers to is closed by the garbage collector, and its lock with it. */
const held = new Set<object>();

/** Takes the lock, or returns undefined if another process holds it. Throws if the file cannot be locked at all. */
export async function takeLock(path: string): Promise<LockFile | undefined> {
  const Driver = await loadSqliteDriver();
  const database = new Driver(path, { timeout: patienceMilliseconds });
  try {
    // No journal on the disk: nothing is ever committed, and the next holder would have to deal with it.
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    held.add(database);
    return {
      release: () => {
        held.delete(database);
        database.close();
      },
    };
  } catch (error) {
    database.close();
    if (error instanceof Driver.SqliteError && error.code.startsWith('SQLITE_BUSY')) return undefined;
    throw error;
  }
}
