/**
 * Which memories a conversation has seen already, read from the end of its transcript: they are not shown again. What
 * lies before the last compaction has been summarised away and counts as not seen.
 */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { openRegularFile } from '../files/regular-file.ts';

const readBytes = 512 * 1024;
const compactions = ['"compact_boundary"', '"type":"compacted"'];

/** Tells of a key whether the transcript holds it; nothing is known of a transcript that cannot be read. */
export function readSeenKeys(transcript: string | undefined): (key: string) => boolean {
  const tail = transcript === undefined ? '' : readTail(transcript);
  const seen = tail.slice(Math.max(0, ...compactions.map((mark) => tail.lastIndexOf(mark))));
  return (key) => seen.includes(key);
}

function readTail(path: string): string {
  try {
    const file = openRegularFile(path);
    try {
      const { size } = fstatSync(file);
      const tail = Buffer.alloc(Math.min(size, readBytes));
      const length = readSync(file, tail, 0, tail.length, size - tail.length);
      return tail.toString('utf8', 0, length);
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}
