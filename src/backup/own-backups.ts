/** The archives in a folder that belong to one data folder, told by their manifests. */

import { join } from 'node:path';
import { MemoryMcpError } from '../core/errors.ts';
import { listNames } from '../files/list-names.ts';
import { readManifest } from './extract-backup.ts';
import type { Manifest } from './manifest.ts';

export interface OwnBackup {
  readonly name: string;
  readonly manifest: Manifest;
}

/** The names of all archives in a folder, the newest last. */
export async function listArchives(folder: string): Promise<string[]> {
  return (await listNames(folder)).filter((name) => /^memory-backup-\d{8}-\d{6}\.tar\.gz$/.test(name)).sort();
}

/** Newest first. `selection`: the persona that was asked for, null for all. Archives that cannot be read are left out. */
export async function listOwnBackups(
  folder: string,
  { data_folder, selection }: Pick<Manifest, 'data_folder' | 'selection'>,
): Promise<OwnBackup[]> {
  const own: OwnBackup[] = [];
  for (const name of await listArchives(folder)) {
    const manifest = await readManifestIfReadable(join(folder, name));
    if (manifest?.data_folder === data_folder && manifest.selection === selection) own.push({ name, manifest });
  }
  const order = ({ name, manifest }: OwnBackup) => `${manifest.created_at} ${name}`;
  return own.sort((one, other) => (order(one) < order(other) ? 1 : -1));
}

async function readManifestIfReadable(archive: string): Promise<Manifest | undefined> {
  try {
    return await readManifest(archive);
  } catch (error) {
    if (error instanceof MemoryMcpError) return undefined;
    throw error;
  }
}
