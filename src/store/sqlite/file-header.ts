/**
 * Recognises a `memory.sqlite` by its first 100 bytes, to avoid opening another program's file for writing. See the
 * SQLite file format, section 1.3: user_version at offset 60, application_id at 68, both big-endian.
 */
import { closeSync, readSync } from 'node:fs';
import { codeOf, MemoryMcpError, reasonOf } from '../../core/errors.ts';
import { openRegularFile } from '../../files/regular-file.ts';

/** "MMCP" in ASCII: the `PRAGMA application_id` of our files. */
export const applicationId = 0x4d4d4350;

const magic = 'SQLite format 3\0';

export type FileKind = { kind: 'absent' } | { kind: 'foreign' } | { kind: 'ours'; schemaVersion: number };

/** Detects what is at `path`. An empty file counts as absent, because a crash before the first write leaves one. */
export function detectFileKind(path: string): FileKind {
  const header = Buffer.alloc(100);
  let length: number;
  try {
    const file = openRegularFile(path);
    try {
      length = readSync(file, header, 0, 100, 0);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return { kind: 'absent' };
    throw new MemoryMcpError('backend_unavailable', `${path} cannot be read (${reasonOf(cause)})`, {
      hint: 'Check that it is a regular file, and the permissions of the file and its folder.',
      cause,
    });
  }
  if (length === 0) return { kind: 'absent' };
  if (length < 100 || header.toString('latin1', 0, 16) !== magic) return { kind: 'foreign' };
  if (header.readUInt32BE(68) !== applicationId) return { kind: 'foreign' };
  return { kind: 'ours', schemaVersion: header.readUInt32BE(60) };
}
