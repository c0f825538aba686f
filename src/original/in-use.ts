/**
 * Tells whether the original system may still be running on a persona's files. It holds no lock between two calls, so
 * only its traces tell: a journal beside a database, or a file that was written a moment ago.
 */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { MemoryMcpError } from '../core/errors.ts';
import { minuteLength } from '../core/time/durations.ts';
import type { FoundPersona } from './find-personas.ts';

/** What speaks for it, in words; undefined if nothing does. */
export async function findSignOfUse({ files }: FoundPersona, now: Date): Promise<string | undefined> {
  const journal = files.find(({ name }) => /-(?:wal|journal)$/.test(name));
  if (journal !== undefined) return `${basename(journal.path)} lies beside its database`;
  for (const { path, name } of files) {
    const age = now.getTime() - (await stat(path)).mtimeMs;
    // A time in the future comes from a wrong clock, and tells nothing.
    if (age >= 0 && age < minuteLength) return `${name} was written ${Math.ceil(age / 1_000)} seconds ago`;
  }
  return undefined;
}

export function stillInUse({ name }: FoundPersona, sign: string): MemoryMcpError {
  return new MemoryMcpError('conflict', `The original system may still use persona "${name}": ${sign}`, {
    hint: 'Nothing was changed. Stop the original system and wait a minute. If it is stopped already, add --force.',
  });
}
