/** `backup --verify`: extracts a new archive, before it gets its name, and checks everything, as a restore would. */
import { rm } from 'node:fs/promises';
import { MemoryMcpError } from '../core/errors.ts';
import { extractBackup } from './extract-backup.ts';

/**
 * Checks names, checksums, integrity, counts, and that a sample of the memories is found by their words. Uses `folder`, which
 * does not exist before and after.
 */
export async function verifyBackup(archive: string, folder: string): Promise<void> {
  try {
    await extractBackup(archive, folder);
  } catch (cause) {
    const isDamaged = cause instanceof MemoryMcpError && (cause.code === 'corrupt' || cause.code === 'forbidden');
    if (!isDamaged) throw cause;
    throw new MemoryMcpError(
      cause.code,
      `The backup was written, but did not pass its check, and was removed: ${cause.message}`,
      {
        hint: 'Earlier archives are as they were. Run "memory-mcp doctor", check the disk that they are on, and try again.',
        cause,
      },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
