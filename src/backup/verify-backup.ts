/** `backup --verify`: extracts an archive into a temporary folder and checks everything, as a restore would. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractBackup } from './extract-backup.ts';

/** Checks names, checksums, integrity, counts, and that a sample of the memories is found by their words. */
export async function verifyBackup(archive: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'memory-mcp-verify-'));
  try {
    await extractBackup(archive, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
