/**
 * Reads files that people and other programs may have put there. A named pipe or a device in the place of a file would
 * keep the process waiting for ever, so nothing but regular files is opened.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs';

/** What lies there can be opened, but is no file. The message says what it is. */
class NotAFile extends Error {}

/** A descriptor for reading, which the caller closes; `NotAFile`, or the system's error. */
export function openRegularFile(path: string): number {
  // Opening a device can have an effect of its own, so it is looked at first.
  assertFile(statSync(path));
  // Should a pipe come in between, it does not block. Windows does not have the flag.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    assertFile(fstatSync(file));
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** The text of a file; `NotAFile`, or the system's error. */
export function readRegularFile(path: string): string {
  const file = openRegularFile(path);
  try {
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function assertFile(stats: Stats): void {
  if (!stats.isFile()) throw new NotAFile(`it is ${kindOf(stats)}, not a file`);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}
