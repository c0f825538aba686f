/**
 * Tells whether the original system may still be running on a persona's files. It holds no lock between two calls, so
 * only its traces tell: a journal beside a database, or a file that was written a moment ago.
 */
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MemoryMcpError } from '../core/errors.ts';
import { minuteLength } from '../core/time/durations.ts';
import { isOpenElsewhere } from '../files/open-elsewhere.ts';
import type { FoundPersona, OriginalFile } from './find-personas.ts';
import { stagingName } from './staging-name.ts';

/** A journal that nothing has open any more was left by a process that was killed. This long it counts all the same. */
const journalPatience = 10 * minuteLength;

/** What speaks for it, in words; undefined if nothing does. */
export async function findSignOfUse(found: FoundPersona, now: Date): Promise<string | undefined> {
  const { files } = found;
  for (const journal of files.filter(({ name }) => /-(?:wal|journal)$/.test(name))) {
    const sign = await signOf(journal, found, now);
    if (sign !== undefined) return sign;
  }
  for (const { path, name } of files) {
    const age = now.getTime() - (await stat(path)).mtimeMs;
    // A time in the future comes from a wrong clock, and tells nothing.
    if (age >= 0 && age < minuteLength) return `${name} was written ${Math.ceil(age / 1_000)} seconds ago`;
  }
  return undefined;
}

async function signOf({ path }: OriginalFile, { folder }: FoundPersona, now: Date): Promise<string | undefined> {
  const database = path.replace(/-(?:wal|journal)$/, '');
  const isOpen = await isOpenElsewhere(database, join(folder, stagingName));
  if (isOpen === true) return `${basename(database)} is open in another program`;
  const age = now.getTime() - (await stat(path)).mtimeMs;
  if (isOpen === false && age >= journalPatience) return undefined;
  return `${basename(path)} lies beside its database`;
}

export function stillInUse({ name }: FoundPersona, sign: string): MemoryMcpError {
  return new MemoryMcpError('conflict', `The original system may still use persona "${name}": ${sign}`, {
    hint: 'Nothing of it was changed. Stop the original system and wait a minute; if it is stopped already, run this again with --force.',
  });
}
