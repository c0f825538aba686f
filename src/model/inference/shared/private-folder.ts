/**
 * The folder of the shared process and the secret in it. Both must belong to this user and be closed to all others;
 * where they are not, nothing is shared.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, rmSync, type Stats, writeFileSync } from 'node:fs';
import { codeOf, MemoryMcpError } from '../../../core/errors.ts';
import { makeFolder } from '../../../files/make-folder.ts';
import { privateFileMode, privateFolderMode } from '../../../files/private-modes.ts';
import { readRegularFile } from '../../../files/regular-file.ts';
import { createTemporaryPath } from '../../../files/replace-file.ts';
import type { HostAddress } from './host-address.ts';

const secretBytes = 32;

/** Creates what is missing. Returns the secret. Throws if the folder or the secret cannot be trusted. */
export function openPrivateFolder({ folder, secret }: Pick<HostAddress, 'folder' | 'secret'>): Buffer {
  makeFolder(folder, privateFolderMode);
  assertPrivate(folder, 'folder');
  createSecret(secret);
  assertPrivate(secret, 'file');
  const bytes = Buffer.from(readRegularFile(secret), 'hex');
  if (bytes.length === secretBytes) return bytes;
  throw new MemoryMcpError('backend_unavailable', `${secret} does not hold a secret`, {
    hint: 'Delete the file. It is made again.',
  });
}

/** The first of several processes wins, and none sees half a secret: the file gets its name when it is complete. */
function createSecret(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  const temporary = createTemporaryPath(path);
  try {
    writeFileSync(temporary, randomBytes(secretBytes).toString('hex'), { mode: privateFileMode, flag: 'wx' });
    linkSync(temporary, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Also refuses links, which lead where somebody else may write. */
export function assertPrivate(path: string, kind: 'folder' | 'file' | 'socket'): void {
  const stats = lstatSync(path);
  const fits = { folder: stats.isDirectory(), file: stats.isFile(), socket: stats.isSocket() }[kind];
  if (!fits) throw new MemoryMcpError('backend_unavailable', `${path} is not a ${kind}`, { hint: 'Delete it.' });
  const problem = problemOfOwner(stats);
  if (problem === undefined) return;
  throw new MemoryMcpError('backend_unavailable', `The ${kind} ${path} ${problem}`, {
    hint: kind === 'folder' ? `Run "chmod 700 ${path}", or delete it if it is not yours.` : 'Delete it.',
  });
}

function problemOfOwner({ uid, mode }: Stats): string | undefined {
  // Windows has no owners and modes of this kind. There the folder inherits the rights of the user's profile.
  if (process.getuid === undefined) return undefined;
  if (uid !== process.getuid()) return `belongs to user ${uid}`;
  return (mode & 0o077) === 0 ? undefined : 'is open to other users';
}
