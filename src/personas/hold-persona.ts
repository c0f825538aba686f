/** Keeps every other program out of a persona while its folder is moved. */
import { type DataPaths, personaPaths } from '../config/paths.ts';
import { pathExists } from '../files/path-exists.ts';
import { holdDatabase } from '../store/replace-database.ts';
import { detectFileKind } from '../store/sqlite/file-header.ts';

export interface HeldPersona {
  /** Undefined for a persona without a database of ours. */
  readonly storeId: string | undefined;
  /** See `readStamp`; undefined for a persona without a database of ours. */
  readonly stamp: string | undefined;
  /** Call it directly before the folder is moved: Windows moves none in which a file is open. */
  beforeMove(): void;
  release(): void;
}

/** Throws `busy` if another program has the database open. A database of another program is not locked. */
export async function holdPersona(paths: DataPaths, folder: string): Promise<HeldPersona> {
  const { database } = personaPaths(paths, folder);
  if (!pathExists(database) || detectFileKind(database).kind !== 'ours') {
    return { storeId: undefined, stamp: undefined, beforeMove: () => {}, release: () => {} };
  }
  const held = await holdDatabase(database);
  return {
    storeId: held.storeId,
    stamp: held.stamp,
    beforeMove: () => {
      if (process.platform === 'win32') held.release();
    },
    release: held.release,
  };
}
