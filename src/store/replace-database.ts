/**
 * Replaces a `memory.sqlite` while nobody else can open it. Other processes see either the old file or the new one.
 */
import { rename } from 'node:fs/promises';
import { MemoryMcpError } from '../core/errors.ts';
import { linkOrCopy } from '../files/link-or-copy.ts';
import { type Connection, openConnection } from './sqlite/connection.ts';
import { readStamp } from './summarize-store.ts';

export interface HeldDatabase {
  /** Undefined for a file that is too damaged to be opened. */
  readonly storeId: string | undefined;
  /** See `readStamp`. Undefined for a file that is too damaged to be opened. */
  readonly stamp: string | undefined;
  /** Puts `replacement` in the place of the old file, and keeps that as `kept`. Both must be on the same file system. */
  replace(files: { replacement: string; kept?: string | undefined }): Promise<void>;
  release(): void;
}

/**
 * Locks the database at `path` for everybody else, who get `busy` until it is released. Throws `busy` if another process
 * has it open. A file that is too damaged to be opened is not locked, because no other process can use it either.
 */
export async function holdDatabase(path: string): Promise<HeldDatabase> {
  let connection: Connection | undefined = await openUnlessDamaged(path);
  const release = () => {
    connection?.close();
    connection = undefined;
  };
  try {
    if (connection !== undefined) lockExclusively(connection);
  } catch (error) {
    release();
    throw error;
  }
  const known = connection === undefined ? undefined : identify(connection);
  return {
    storeId: known?.storeId,
    stamp: known?.stamp,
    async replace({ replacement, kept }) {
      if (kept !== undefined) await linkOrCopy(path, kept);
      // Windows does not replace a file that is open.
      if (process.platform === 'win32') release();
      await rename(replacement, path);
    },
    release,
  };
}

function identify(connection: Connection): { storeId: string | undefined; stamp: string | undefined } {
  try {
    const id = connection.sql<{ value: unknown }>("SELECT value FROM meta WHERE name = 'store_id'").get()?.value;
    return { storeId: id === undefined ? undefined : String(id), stamp: readStamp(connection) };
  } catch {
    // A damaged database may be opened and still not be read.
    return { storeId: undefined, stamp: undefined };
  }
}

async function openUnlessDamaged(path: string): Promise<Connection | undefined> {
  try {
    return await openConnection({ path, busyTimeout: 1_000 });
  } catch (error) {
    if (error instanceof MemoryMcpError && error.code === 'corrupt') return undefined;
    throw error;
  }
}

function lockExclusively(connection: Connection): void {
  const { path } = connection;
  const inUse = (cause?: unknown) =>
    new MemoryMcpError('busy', `${path} is open in another program; nothing was changed`, {
      hint: 'Stop every memory-mcp server and client that uses this data folder, and run the command again.',
      cause,
    });
  connection.pragma('locking_mode = EXCLUSIVE');
  try {
    // SQLite leaves WAL mode only if no other connection has the file open, and the WAL is then gone.
    if (connection.pragma('journal_mode = DELETE') !== 'delete') throw inUse();
    connection.execute('BEGIN EXCLUSIVE; COMMIT');
  } catch (error) {
    if (error instanceof MemoryMcpError && error.code === 'busy') throw inUse(error);
    throw error;
  }
}
