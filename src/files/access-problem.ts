/**
 * Explains why this process cannot use a file or folder that belongs to another user, with the command that hands it over.
 * The usual cause is a folder that is mounted into a container and was made by root.
 */
import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '../core/errors.ts';

export interface AccessProblem {
  readonly message: string;
  readonly hint: string;
}

/** Undefined if this user can read and write `path`, or what exists of it, and where there are no users and modes. */
export function findAccessProblem(path: string): AccessProblem | undefined {
  if (process.getuid === undefined || process.getgid === undefined) return undefined;
  const [user, group] = [process.getuid(), process.getgid()];
  const found = nearestExisting(path);
  if (found === undefined || !isDenied(found)) return undefined;
  const { uid: owner } = found.stats;
  if (owner === user) {
    return {
      message: `${found.path} belongs to this user (uid ${user}), but its mode does not allow to read and write it`,
      hint: `Run: chmod u+rwX ${found.path}`,
    };
  }
  return {
    message: `${found.path} belongs to uid ${owner}, and memory-mcp runs as uid ${user}, which cannot write there`,
    hint: `Run as root: chown -R ${user}:${group} ${found.path}\nIf it is mounted into a container, run that on the host, with the name that the folder has there.`,
  };
}

/** The problem and its remedy as the hint of an error that has occurred; undefined as for `findAccessProblem`. */
export function adviseOnAccess(path: string): string | undefined {
  const problem = findAccessProblem(path);
  return problem && `${problem.message}.\n${problem.hint}`;
}

/** The path, or the nearest of its parents that can be reached. */
function nearestExisting(path: string): { path: string; stats: Stats } | undefined {
  for (let current = path; ; current = dirname(current)) {
    try {
      return { path: current, stats: statSync(current) };
    } catch {
      if (dirname(current) === current) return undefined;
    }
  }
}

/** Whether the modes deny access. A read-only file system is another matter: reading works there. */
function isDenied({ path, stats }: { path: string; stats: Stats }): boolean {
  const { R_OK, W_OK, X_OK } = constants;
  try {
    accessSync(path, stats.isDirectory() ? R_OK | W_OK | X_OK : R_OK | W_OK);
    return false;
  } catch (error) {
    return codeOf(error) === 'EACCES';
  }
}
