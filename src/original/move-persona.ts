/**
 * Brings one persona of the original system here. The new database is made and checked beside the old files; then it is
 * put in place in one step. In place, the old files are set aside first; a source elsewhere is only read.
 */
import { existsSync, realpathSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, sep } from 'node:path';
import { createBackup } from '../backup/create-backup.ts';
import {
  createPrivateFolder,
  type DataPaths,
  dataPaths,
  findPersonaFolder,
  type PersonaPaths,
  personaPaths,
} from '../config/paths.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { requireFreeSpace } from '../files/free-space.ts';
import { createTemporaryPath, removeLeftovers, syncFolder } from '../files/replace-file.ts';
import { inspectDatabase } from '../store/database-copy.ts';
import { openMemoryStore } from '../store/memory-store.ts';
import { detectFileKind } from '../store/sqlite/file-header.ts';
import { archiveOriginal } from './archive-original.ts';
import type { FoundPersona } from './find-personas.ts';
import {
  type ImportCounts,
  type ImportProgress,
  importPersona,
  type Verification,
  verifyImport,
} from './import-persona.ts';
import { findSignOfUse, stillInUse } from './in-use.ts';
import type { MoveRecord } from './move-record.ts';
import { fingerprint } from './original-database.ts';
import { type OriginalPersona, openOriginalPersona } from './original-persona.ts';
import { giveToOwnerOf } from './owner.ts';
import { type PersonaReport, surveyPersona } from './report.ts';
import { setAside } from './set-aside.ts';
import { stagingName } from './staging-name.ts';

export interface MoveOptions {
  readonly paths: DataPaths;
  /** Of times that were written without an offset. */
  readonly timeZone: string;
  /** Moves although the original may still be running. */
  readonly force: boolean;
  /** Archives what a move in place changes, before it does. */
  readonly backup: boolean;
  readonly version: string;
  readonly now: () => Date;
  readonly onProgress: (progress: ImportProgress) => void;
}

export interface MoveReceipt extends PersonaReport {
  readonly in_place: boolean;
  /** The backup from before the move. */
  readonly archive?: string | undefined;
  readonly imported: ImportCounts;
  readonly verified: Verification;
}

/** What `movePersona` would do. Changes nothing. */
export async function surveyMove(found: FoundPersona, timeZone: string): Promise<PersonaReport> {
  const scratch = await mkdtemp(join(tmpdir(), 'memory-mcp-survey-'));
  try {
    return await readingPersona(found, scratch, timeZone, surveyPersona);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

export async function movePersona(found: FoundPersona, options: MoveOptions): Promise<MoveReceipt> {
  const { timeZone, force, now } = options;
  // What was found has real paths.
  const paths = dataPaths(realpathSync(options.paths.data), options.paths);
  const target = personaPaths(paths, findPersonaFolder(paths, found.name) ?? found.name);
  const inPlace = isInside(paths.data, found.folder);
  const kind = detectFileKind(target.database).kind;
  if (kind === 'foreign' && found.database !== target.database) throw occupied(found, target);
  const sign = inPlace && !force ? await findSignOfUse(found, now()) : undefined;
  if (sign !== undefined) throw stillInUse(found, sign);
  const needed = 4 * (await sizeOf(found));
  const parts = { ...options, paths };
  const archive = inPlace && options.backup ? await backUp(found, target, { ...parts, needed }) : undefined;
  createPrivateFolder(target.folder);
  await requireFreeSpace(target.folder, needed, `Moving persona "${found.name}"`);
  const prefix = join(target.folder, stagingName);
  await removeLeftovers(prefix);
  const staging = createTemporaryPath(prefix);
  try {
    createPrivateFolder(staging);
    return await readingPersona(found, staging, timeZone, async (original) => {
      const before = await fingerprints(found);
      const report = await surveyPersona(original);
      const merged = kind === 'ours';
      const staged = merged ? undefined : join(staging, 'new.sqlite');
      const done = await fill(original, staged ?? target.database, options);
      if (staged !== undefined) await inspectDatabase(staged);
      if ((await fingerprints(found)) !== before) throw stillInUse(found, 'its files changed while they were read');
      // Before it is in place, because a server may open it at once.
      await giveToOwnerOf(paths.data, target.folder);
      if (inPlace) await setAside({ paths, target }, recordOf(found, parts, merged), staged);
      else if (staged !== undefined) await putInPlace(staged, target);
      await giveToOwnerOf(paths.data, target.folder);
      return { ...report, in_place: inPlace, archive, ...done };
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
    await removeEmptyFolder(target.folder);
  }
}

async function readingPersona<Result>(
  found: FoundPersona,
  scratch: string,
  timeZone: string,
  work: (original: OriginalPersona) => Promise<Result>,
): Promise<Result> {
  const original = await openOriginalPersona(found, { scratch, timeZone });
  try {
    return await work(original);
  } finally {
    original.close();
  }
}

async function fill(
  original: OriginalPersona,
  path: string,
  { now, onProgress }: MoveOptions,
): Promise<Pick<MoveReceipt, 'imported' | 'verified'>> {
  const store = await openMemoryStore({ path, persona: original.found.name, busyTimeout: 5_000 });
  try {
    const imported = await importPersona(original, { store, now: now().toISOString(), onProgress });
    return { imported, verified: await verifyImport(original, store) };
  } finally {
    await store.close();
  }
}

function recordOf(found: FoundPersona, { paths, timeZone, version, now }: MoveOptions, merged: boolean): MoveRecord {
  return {
    format: 'memory-mcp move',
    format_version: 1,
    state: 'moving',
    persona: found.name,
    former_name: found.formerName,
    started_at: now().toISOString(),
    memory_mcp: version,
    timezone: timeZone,
    merged,
    files: found.files.map(({ path, name }) => ({ from: relative(paths.data, path), to: name })),
  };
}

/** The original's files, and the persona here that they are added to. Returns the archive of the first. */
async function backUp(
  found: FoundPersona,
  target: PersonaPaths,
  { paths, version, now, needed }: Pick<MoveOptions, 'paths' | 'version' | 'now'> & { needed: number },
): Promise<string> {
  const archive = await archiveOriginal(found, { paths, others: needed });
  if (detectFileKind(target.database).kind === 'ours') {
    const folder = basename(target.folder);
    await createBackup({ paths, personas: [folder], selection: folder, out: paths.backups, version, now });
    await giveToOwnerOf(paths.data, paths.backups);
  }
  return archive;
}

/** Never replaces a database that appeared meanwhile. */
async function putInPlace(staged: string, target: PersonaPaths): Promise<void> {
  if (existsSync(target.database)) {
    throw new MemoryMcpError('conflict', `${target.database} appeared while the persona was copied`, {
      hint: 'Run the command again: it then adds to the persona that is there.',
    });
  }
  await rename(staged, target.database);
  await syncFolder(target.folder);
}

function fingerprints({ database, inventory }: FoundPersona): Promise<string> {
  const files = [database, inventory].filter((file) => file !== undefined);
  return Promise.all(files.map(fingerprint)).then((all) => all.join());
}

async function sizeOf({ database, inventory }: FoundPersona): Promise<number> {
  const sizes = [database, inventory].map(async (file) => (file === undefined ? 0 : (await stat(file)).size));
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`);
}

async function removeEmptyFolder(folder: string): Promise<void> {
  if (existsSync(folder) && (await readdir(folder)).length === 0) await rmdir(folder);
}

function occupied(found: FoundPersona, target: PersonaPaths): MemoryMcpError {
  return new MemoryMcpError('conflict', `${target.folder} holds another persona of the original system`, {
    hint: `Move that one first, then run the command again: ${found.folder} is then added to it.`,
  });
}
