/**
 * A command that root runs, as `docker exec` does, must not leave files that the server, which runs as another user,
 * cannot open.
 */
import { chown, lchown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Gives a file, or a folder with everything in it, to the owner of `like`. Does nothing unless root runs this. */
export async function giveToOwnerOf(like: string, path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(like);
  if (uid === 0) return;
  await chown(path, uid, gid);
  if (!(await stat(path)).isDirectory()) return;
  for (const name of await readdir(path, { recursive: true })) await lchown(join(path, name), uid, gid);
}
