/**
 * Checks whether a path exists. Only ENOENT means that it does not: otherwise a store on a disconnected drive would
 * look empty.
 */
import { lstatSync, statSync } from 'node:fs';
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';
import { adviseOnAccess } from './access-problem.ts';

/** Throws `backend_unavailable` if the path cannot be accessed or is a broken link. */
export function pathExists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' && !isLink(path)) return false;
    throw new MemoryMcpError('backend_unavailable', `${path} cannot be reached (${reasonOf(cause)})`, {
      hint:
        adviseOnAccess(path) ??
        'Check that its drive is connected and that this user may read the file and its folders. Nothing was changed.',
      cause,
    });
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}
