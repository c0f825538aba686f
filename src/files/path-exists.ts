/**
 * Whether something is there. Only "there is nothing of this name" means no: what cannot be reached must not be taken for
 * absent, or a store on a drive that is away would be shown as empty.
 */
import { lstatSync, statSync } from 'node:fs';
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';

/** Throws `backend_unavailable` for a path that cannot be reached, a link to nothing included. */
export function pathExists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' && !isLink(path)) return false;
    throw new MemoryMcpError('backend_unavailable', `${path} cannot be reached (${reasonOf(cause)})`, {
      hint: 'Check that its drive is there and that this user may read the file and its folders. Nothing was changed.',
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
