/**
 * Reads files that users or other programs may have replaced. Only regular files are opened, because reading a named
 * pipe or a device could block the process forever.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs';

/** The path is not a regular file. The message says what it is. */
class NotAFile extends Error {}

/** Returns a descriptor that the caller closes. Throws `NotAFile` or the system's error. */
export function openRegularFile(path: string): number {
  // Check before opening, because opening a device can have side effects.
  assertFile(statSync(path));
  // O_NONBLOCK in case a pipe appears after the check. Windows does not have the flag.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    assertFile(fstatSync(file));
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Returns the text of a file. Throws `NotAFile` or the system's error. */
export function readRegularFile(path: string): string {
  const file = openRegularFile(path);
  try {
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Throws `NotAFile` or the system's error. */
export function requireRegularFile(path: string): void {
  assertFile(statSync(path));
}

function assertFile(stats: Stats): void {
  if (!stats.isFile()) throw new NotAFile(`it is ${describeKind(stats)}, not a file`);
}

function describeKind(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}
