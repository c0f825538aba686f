/** `backup --keep`: removes old archives of this data folder, and no other file. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from './manifest.ts';
import { listOwnBackups } from './own-backups.ts';

/**
 * Keeps the newest `keep` archives in `folder` that have the data folder and the selection of `latest`. Returns the
 * names of those it removed. Archives that it cannot read are neither counted nor removed, and neither are those that a
 * wrong clock has dated later than `latest`: they would be kept in its place.
 */
export async function removeOldBackups(folder: string, latest: Manifest, keep: number): Promise<string[]> {
  const made = await listOwnBackups(folder, latest);
  const old = made.filter(({ manifest }) => manifest.created_at <= latest.created_at).slice(keep);
  // Another process may remove the same.
  for (const { name } of old) await rm(join(folder, name), { force: true });
  return old.map(({ name }) => name);
}
