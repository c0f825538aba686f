/**
 * The moves of a data folder: of all its personas, or of those in a copy of the original's data folder; undone, or
 * finished. One process at a time.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  createPrivateFile,
  createPrivateFolder,
  type DataPaths,
  findPersonaFolder,
  type PersonaPaths,
  personaFolders,
  personaPaths,
} from '../config/paths.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { removeLeftovers, syncFolder } from '../files/replace-file.ts';
import { openMemoryStore } from '../store/memory-store.ts';
import { holdDatabase } from '../store/replace-database.ts';
import { detectFileKind } from '../store/sqlite/file-header.ts';
import { type MoveRecord, moveRecordName, readMoveRecord, writeMoveRecord } from './move-record.ts';
import { giveToOwnerOf } from './owner.ts';
import { recoverMove, takeBack } from './set-aside.ts';
import { stagingName } from './staging-name.ts';

/** Runs `work` while no other process moves personas in this data folder. Throws `busy` if one does. */
export async function withMoveLock<Result>(paths: DataPaths, work: () => Promise<Result>): Promise<Result> {
  createPrivateFolder(paths.data);
  createPrivateFile(paths.moveLock);
  await giveToOwnerOf(paths.data, paths.moveLock);
  // A lock that ends with its process, also in another container.
  const lock = await holdDatabase(paths.moveLock).catch((error: unknown) => {
    if (!(error instanceof MemoryMcpError) || error.code !== 'busy') throw error;
    throw new MemoryMcpError('busy', `Another process is moving personas in ${paths.data}`, {
      hint: 'Wait for it to end, and run the command again.',
      cause: error,
    });
  });
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** Ends the moves that a killed process left behind: completes them, or takes them back. */
export async function recoverMoves(paths: DataPaths): Promise<void> {
  for (const folder of personaFolders(paths)) {
    const { folder: place, original } = personaPaths(paths, folder);
    for (const prefix of [join(place, stagingName), join(original, moveRecordName)]) {
      await removeLeftovers(prefix, { alone: true });
    }
  }
  for (const { target, record } of listMoves(paths)) {
    if (record.state === 'moving') await recoverMove({ paths, target }, record);
    if (record.state === 'undoing') await undo({ paths, target, record });
  }
}

/** The personas that were moved in place and still have their original files. */
export function listMoves(paths: DataPaths): Moved[] {
  return personaFolders(paths).flatMap((folder) => {
    const target = personaPaths(paths, folder);
    const record = readMoveRecord(target);
    return record === undefined ? [] : [{ paths, target, record }];
  });
}

export interface UndoOptions {
  readonly paths: DataPaths;
  readonly persona: string;
  /** Called before a persona that has changed since is taken back. Undefined refuses instead. */
  readonly archive: ((folder: string) => Promise<void>) | undefined;
}

/** Puts the original's files back, and removes ours. Throws `conflict` if something was stored since. */
export async function undoMove({ paths, persona, archive }: UndoOptions): Promise<void> {
  const { folder, target, record } = findMoved(paths, persona);
  if (record.merged) {
    throw new MemoryMcpError('conflict', `Persona "${folder}" was here before the move, which cannot be undone`, {
      hint: 'Restore a backup from before the move, or delete what came over.',
    });
  }
  const changes = await countChanges(target.database, folder, record.started_at);
  if (changes > 0 && archive === undefined) {
    throw new MemoryMcpError('conflict', `Persona "${folder}" has changed since the move (${changes} operations)`, {
      hint: 'Nothing was changed. With --force it is backed up first, and then taken back.',
    });
  }
  if (changes > 0) await archive?.(folder);
  await undo({ paths, target, record });
}

/** Removes what the move set aside. From then on it cannot be undone. */
export async function finishMove(paths: DataPaths, persona: string): Promise<void> {
  const { target } = findMoved(paths, persona);
  await rm(target.original, { recursive: true });
  await syncFolder(target.folder);
}

interface Moved {
  readonly paths: DataPaths;
  readonly target: PersonaPaths;
  readonly record: MoveRecord;
}

/** Safe to repeat after a crash at any point. */
async function undo({ paths, target, record }: Moved): Promise<void> {
  if (detectFileKind(target.database).kind === 'ours') await removeOurDatabase({ paths, target, record });
  else await writeMoveRecord(target, { ...record, state: 'undoing' });
  const journals = ['-journal', '-wal', '-shm'].map((end) => target.database + end);
  for (const ours of [...journals, target.vectorStore, target.context, target.cleanupSuggestions]) {
    // What is not in original/ any more has been put back already.
    const isBack = record.files.some(({ to }) => to === basename(ours)) && !inOriginal(target, ours);
    if (!isBack) await rm(ours, { recursive: true, force: true });
  }
  await takeBack({ paths, target }, record);
}

/** And puts the old one in its place, if that is where it was. Throws `busy`, before anything is noted, if it is open. */
async function removeOurDatabase({ paths, target, record }: Moved): Promise<void> {
  const held = await holdDatabase(target.database);
  try {
    await writeMoveRecord(target, { ...record, state: 'undoing' });
    const former = join(target.original, basename(target.database));
    const wasHere = record.files.some(({ from }) => join(paths.data, from) === target.database);
    if (wasHere) await held.replace({ replacement: former });
    else await rm(target.database);
  } finally {
    // Before the original's journal is back: SQLite removes its own by that name when it closes.
    held.release();
  }
}

function inOriginal({ original }: PersonaPaths, path: string): boolean {
  return existsSync(join(original, basename(path)));
}

function findMoved(paths: DataPaths, persona: string): Moved & { folder: string } {
  const folder = findPersonaFolder(paths, persona);
  const target = folder === undefined ? undefined : personaPaths(paths, folder);
  const record = target === undefined ? undefined : readMoveRecord(target);
  if (folder !== undefined && target !== undefined && record !== undefined) return { paths, folder, target, record };
  throw new MemoryMcpError('not_found', `Persona "${persona}" has no original/ from a move in ${paths.memory}`, {
    hint: 'It was not moved in place, or the move was finished.',
  });
}

/** Operations that changed something after the move. */
async function countChanges(path: string, persona: string, since: string): Promise<number> {
  const store = await openMemoryStore({ path, persona, busyTimeout: 5_000 });
  try {
    return store.operations.countWritesSince(since);
  } finally {
    await store.close();
  }
}
