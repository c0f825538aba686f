/**
 * SQLite's failures in the product's own words, each with the next step. Every call that reaches SQLite goes through
 * here, so that nothing above `store/` ever sees an SQLite code.
 */
import { codeOf, MemoryMcpError, reasonOf } from '../../core/errors.ts';

/** What `work` returns; a failure of SQLite becomes a `MemoryMcpError` about `path`, anything else passes unchanged. */
export function withSqliteErrors<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw explanationOf(error, path);
  }
}

/** True for the explained form of "another connection holds the lock". */
export function isBusy(error: unknown): boolean {
  return error instanceof MemoryMcpError && error.code === 'busy';
}

function explanationOf(error: unknown, path: string): unknown {
  const code = error instanceof MemoryMcpError ? undefined : codeOf(error);
  if (code === undefined) return error;
  const begins = (...names: string[]) => names.some((name) => code.startsWith(`SQLITE_${name}`));
  const explanation = (kind: 'busy' | 'backend_unavailable' | 'corrupt', what: string, hint: string) =>
    new MemoryMcpError(kind, `${path} ${what}`, { hint, cause: error });

  if (begins('BUSY', 'LOCKED')) {
    return explanation(
      'busy',
      'is locked by another program; nothing was changed',
      'Try again. If it stays so, close the program that holds the file open.',
    );
  }
  if (begins('FULL') || code === 'ENOSPC') {
    return explanation(
      'backend_unavailable',
      'could not grow: its disk is full; nothing was changed',
      'Free some space and try again. What was acknowledged before is safe.',
    );
  }
  if (begins('READONLY', 'CANTOPEN', 'PERM') || ['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR'].includes(code)) {
    return explanation(
      'backend_unavailable',
      `cannot be opened for writing (${reasonOf(error)})`,
      'Check who owns the file and its folder; the folder must be writable and on a local disk.',
    );
  }
  if (begins('CORRUPT', 'NOTADB')) {
    return explanation(
      'corrupt',
      `is damaged (${reasonOf(error)})`,
      'Stop every client, keep a copy of the file, and put a backup of it in its place.',
    );
  }
  if (begins('IOERR')) {
    return explanation(
      'backend_unavailable',
      `could not be read or written (${reasonOf(error)})`,
      'Check the disk, its free space and its quota.',
    );
  }
  return error;
}
