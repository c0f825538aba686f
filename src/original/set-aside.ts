/**
 * The step of a move in place that touches the original's files: they go to `original/`, and the new database takes the
 * place of the old one. A process that is killed in between leaves a record, from which the step is taken back or
 * completed.
 */
import { existsSync } from 'node:fs';
import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createPrivateFolder, type DataPaths, type PersonaPaths } from '../config/paths.ts';
import { codeOf, MemoryMcpError } from '../core/errors.ts';
import { linkOrCopy } from '../files/link-or-copy.ts';
import { syncFolder } from '../files/replace-file.ts';
import { detectFileKind } from '../store/sqlite/file-header.ts';
import { type MoveRecord, moveRecordName, writeMoveRecord } from './move-record.ts';

export interface SetAsidePlaces {
  readonly paths: DataPaths;
  /** The persona's folder, under the name that it has here. */
  readonly target: PersonaPaths;
}

interface Step {
  readonly from: string;
  readonly to: string;
}

/** `staged` is the new database; undefined if the memories went into one that was there already. */
export async function setAside(places: SetAsidePlaces, record: MoveRecord, staged: string | undefined): Promise<void> {
  const { target } = places;
  createPrivateFolder(target.original);
  await writeMoveRecord(target, record);
  await moveAside(places, record, staged);
}

/**
 * Ends what a killed process began: completes the step if the new database is in its place, else takes it back. Returns
 * whether the persona is moved now.
 */
export async function recoverMove(places: SetAsidePlaces, record: MoveRecord): Promise<boolean> {
  if (record.merged || detectFileKind(places.target.database).kind === 'ours') {
    await moveAside(places, record, undefined);
    return true;
  }
  await takeBack(places, record);
  return false;
}

async function moveAside(places: SetAsidePlaces, record: MoveRecord, staged: string | undefined): Promise<void> {
  const { target } = places;
  const { database, others } = stepsOf(places, record);
  // Journals first: beside the new database SQLite would take them for its own.
  for (const step of others) await moveUnlessDone(step);
  if (database?.from === target.database) {
    if (staged !== undefined) {
      if (!existsSync(database.to)) await linkOrCopy(database.from, database.to);
      await rename(staged, target.database);
    }
  } else {
    if (staged !== undefined) await rename(staged, target.database);
    if (database !== undefined) await moveUnlessDone(database);
  }
  await syncFolder(target.folder);
  await writeMoveRecord(target, { ...record, state: 'moved' });
  await removeIfEmpty(formerFolder(places, record), target.folder);
}

/** Puts the original's files back where they were, and removes `original/`. */
export async function takeBack(places: SetAsidePlaces, record: MoveRecord): Promise<void> {
  const { target } = places;
  const { database, others } = stepsOf(places, record);
  if (database !== undefined) {
    createPrivateFolder(dirname(database.from));
    if (existsSync(database.from)) await rm(database.to, { force: true });
    else await moveUnlessDone({ from: database.to, to: database.from });
  }
  for (const { from, to } of others) {
    if (existsSync(to)) createPrivateFolder(dirname(from));
    await moveUnlessDone({ from: to, to: from });
  }
  await rm(join(target.original, moveRecordName), { force: true });
  await removeIfEmpty(target.original);
  await removeIfEmpty(target.folder, formerFolder(places, record));
  await syncFolder(dirname(target.folder));
}

function stepsOf(
  { paths, target }: SetAsidePlaces,
  { files }: MoveRecord,
): { database: Step | undefined; others: Step[] } {
  const steps = files.map(({ from, to }) => ({ from: join(paths.data, from), to: join(target.original, to) }));
  const isDatabase = ({ to }: Step) => basename(to) === basename(target.database);
  return { database: steps.find(isDatabase), others: steps.filter((step) => !isDatabase(step)) };
}

async function moveUnlessDone({ from, to }: Step): Promise<void> {
  if (!existsSync(from)) return;
  if (existsSync(to)) {
    throw new MemoryMcpError('conflict', `${to} exists, so ${from} was not moved there`, {
      hint: 'Both programs have written here. Keep the file that is right, move the other one away, and try again.',
    });
  }
  await rename(from, to);
}

function formerFolder({ paths, target }: SetAsidePlaces, { files }: MoveRecord): string {
  const [first] = files;
  return first === undefined ? target.folder : dirname(join(paths.data, first.from));
}

/** Removes a folder that nothing is left in, unless it is `kept`. */
async function removeIfEmpty(folder: string, kept?: string): Promise<void> {
  if (folder === kept) return;
  try {
    if ((await readdir(folder)).length === 0) await rmdir(folder);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) throw error;
  }
}
