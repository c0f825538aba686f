/**
 * Translates SQLite errors to `MemoryMcpError`, each with a hint for the user. Every call to SQLite goes through here:
 * code above `store/` never sees an SQLite error code.
 */
import { dirname } from 'node:path';
import { codeOf, MemoryMcpError, reasonOf } from '../../core/errors.ts';
import { adviseOnAccess } from '../../files/access-problem.ts';

/** Runs `work`. An SQLite error becomes a `MemoryMcpError` about `path`; other errors pass unchanged. */
export function withSqliteErrors<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw translateError(error, path);
  }
}

/** True if the error means that another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return error instanceof MemoryMcpError && error.code === 'busy';
}

/** True if a write failed because the disk, or the user's share of it, is full. */
export function isDiskFull(error: unknown): boolean {
  const code = codeOf(error instanceof MemoryMcpError ? error.cause : error);
  return code !== undefined && fullDiskCodes.some((name) => code.startsWith(name));
}

/** IOERR_SHMSIZE: the file beside the log could not grow. */
const fullDiskCodes = ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'ENOSPC', 'EDQUOT'];

function translateError(error: unknown, path: string): unknown {
  const code = error instanceof MemoryMcpError ? undefined : codeOf(error);
  if (code === undefined) return error;
  const hasCode = (...names: string[]) => names.some((name) => code.startsWith(`SQLITE_${name}`));
  const explain = (kind: 'busy' | 'backend_unavailable' | 'corrupt', what: string, hint: string) =>
    new MemoryMcpError(kind, `${path} ${what}`, { hint, cause: error });

  if (hasCode('BUSY', 'LOCKED')) {
    return explain(
      'busy',
      'is locked by another program; nothing was changed',
      'Try again. If the problem persists, close the program that has the file open.',
    );
  }
  if (isDiskFull(error)) {
    return explain(
      'backend_unavailable',
      'cannot be written because the disk is full; nothing was changed',
      'Free some space and try again. Everything acknowledged before is safe.',
    );
  }
  if (hasCode('READONLY', 'CANTOPEN', 'PERM') || ['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR'].includes(code)) {
    return explain(
      'backend_unavailable',
      `cannot be opened for writing (${reasonOf(error)})`,
      adviseOnAccess(path) ??
        adviseOnAccess(dirname(path)) ??
        'Check the permissions of the file and its folder. The folder must be writable and on a local disk.',
    );
  }
  if (hasCode('IOERR_SHMMAP', 'IOERR_SHMLOCK', 'IOERR_LOCK', 'IOERR_RDLOCK', 'PROTOCOL')) {
    return explain(
      'backend_unavailable',
      `is on a file system that lacks what SQLite needs: shared memory and locks (${reasonOf(error)})`,
      'Network shares and some folders mounted into containers lack them. Move the data folder to a local disk; with Docker, use a named volume such as "memory-data:/data".',
    );
  }
  if (hasCode('CORRUPT', 'NOTADB')) {
    return explain(
      'corrupt',
      `is damaged (${reasonOf(error)})`,
      'Stop all clients, keep a copy of the file, and replace it with a backup.',
    );
  }
  if (hasCode('IOERR')) {
    return explain(
      'backend_unavailable',
      `could not be read or written (${reasonOf(error)})`,
      'Check the disk, its free space and its quota.',
    );
  }
  return error;
}
