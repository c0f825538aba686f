/** `backup --keep`: removes old archives of this data folder, and no other file. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MemoryMcpError } from '../core/errors.ts';
import { readManifest } from './extract-backup.ts';
import type { Manifest } from './manifest.ts';

/**
 * Keeps the newest `keep` archives in `folder` that have the data folder and the selection of `latest`. Returns the
 * names of those it removed. Archives that it cannot read are neither counted nor removed.
 */
export async function removeOldBackups(folder: string, latest: Manifest, keep: number): Promise<string[]> {
  const ours: { name: string; created: string }[] = [];
  for (const name of await readdir(folder)) {
    if (!/^memory-backup-\d{8}-\d{6}\.tar\.gz$/.test(name)) continue;
    const manifest = await readManifestIfReadable(join(folder, name));
    if (manifest?.data_folder !== latest.data_folder || manifest.selection !== latest.selection) continue;
    ours.push({ name, created: `${manifest.created_at} ${name}` });
  }
  const old = ours.sort((one, other) => (one.created < other.created ? 1 : -1)).slice(keep);
  for (const { name } of old) await rm(join(folder, name));
  return old.map(({ name }) => name);
}

async function readManifestIfReadable(archive: string): Promise<Manifest | undefined> {
  try {
    return await readManifest(archive);
  } catch (error) {
    if (error instanceof MemoryMcpError) return undefined;
    throw error;
  }
}
