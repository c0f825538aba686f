/** Checks that a folder's file system has room before much is written to it. */
import { statfs } from 'node:fs/promises';
import { MemoryMcpError } from '../core/errors.ts';

/** `subject` is what needs the room, for the message. Throws `backend_unavailable`. */
export async function requireFreeSpace(folder: string, needed: number, subject: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (needed <= bavail * bsize) return;
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1_000_000).toLocaleString('en')} MB`;
  throw new MemoryMcpError(
    'backend_unavailable',
    `${subject} needs ${megabytes(needed)}, and ${folder} has ${megabytes(bavail * bsize)} left`,
    { hint: 'Free some space and try again. Nothing was changed.' },
  );
}
