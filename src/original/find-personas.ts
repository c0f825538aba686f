/**
 * Finds the personas of the original system in a data folder, in its `memory` folder, or in the folder of one persona.
 * Reads names and the headers of files only.
 */
import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { DataPaths } from '../config/paths.ts';
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';
import { detectFileKind } from '../store/sqlite/file-header.ts';
import { restorePersonaName } from './persona-names.ts';

export interface OriginalFile {
  readonly path: string;
  /** Relative to the folder that it is set aside in. */
  readonly name: string;
}

export interface FoundPersona {
  /** The name it gets here. */
  readonly name: string;
  /** The name of its folder, or of its file in the oldest layout. */
  readonly formerName: string;
  /** Where its files lie. */
  readonly folder: string;
  /** Its memory.sqlite. A persona that has never stored anything may have none. */
  readonly database: string | undefined;
  readonly inventory: string | undefined;
  readonly context: string | undefined;
  /** Everything that belongs to it, the files above included. */
  readonly files: readonly OriginalFile[];
}

/** Of the persona's folder: what this program makes there, and what it sets aside. */
const ours = /^original$|\.tmp$/;
const databaseName = 'memory.sqlite';
/** The oldest name is the last. */
const inventoryNames = ['inventory.sqlite', 'item.sqlite', 'equipment.db'];
const contextName = 'persona_context.json';
const companions = ['-wal', '-shm', '-journal'];

/** Sorted by name. Throws `not_found` if `folder` is none of the three. */
export function findPersonas(folder: string): FoundPersona[] {
  const root = realFolder(folder);
  const memory = join(root, 'memory');
  if (isFolder(memory)) return [...personasIn(memory), ...personaOf('..', root, knownFiles(root))].sort(byName);
  if (isOriginalPersona(root)) return personaOf(basename(root), root, listFiles(root));
  const found = personasIn(root);
  if (found.length > 0 || basename(root) === 'memory') return found.sort(byName);
  throw new MemoryMcpError('not_found', `${folder} is not a data folder of the original system`, {
    hint: 'Name its data folder (which contains "memory"), or the folder of one persona (which contains memory.sqlite).',
  });
}

/** Those in a data folder of this program, which may have none. */
export function findPersonasIn({ data }: DataPaths): FoundPersona[] {
  try {
    return findPersonas(data);
  } catch (error) {
    if (error instanceof MemoryMcpError && error.code === 'not_found') return [];
    throw error;
  }
}

/** Whether the file at this path is a database that another program than this one made. */
function isForeignDatabase(path: string): boolean {
  return isFile(path) && detectFileKind(path).kind === 'foreign';
}

function personasIn(memory: string): FoundPersona[] {
  const entries = list(memory);
  const folders = entries.filter((entry) => isFolder(join(memory, entry.name)));
  const inFolders = folders.flatMap(({ name }) => {
    const folder = join(memory, name);
    return isOriginalPersona(folder) ? personaOf(name, folder, listFiles(folder)) : [];
  });
  // The first versions kept `memory/<persona>.sqlite`. Their persona "." lies in the folder itself.
  const single = entries.filter(({ name }) => /\.sqlite$/.test(name) && name !== databaseName);
  const inFiles = single.flatMap(({ name }) => {
    const file = join(memory, name);
    if (inventoryNames.includes(name) || !isForeignDatabase(file)) return [];
    return fileAsPersona(name.replace(/\.sqlite$/, ''), file);
  });
  return [...inFolders, ...inFiles, ...personaOf('.', memory, knownFiles(memory))];
}

function isOriginalPersona(folder: string): boolean {
  const database = join(folder, databaseName);
  if (isFile(database) && detectFileKind(database).kind !== 'absent') return isForeignDatabase(database);
  return inventoryNames.some((name) => isForeignDatabase(join(folder, name)));
}

function personaOf(formerName: string, folder: string, files: readonly OriginalFile[]): FoundPersona[] {
  if (!isOriginalPersona(folder)) return [];
  const path = (name: string) => files.find((file) => file.name === name)?.path;
  const inventory = inventoryNames.map(path).find((file) => file !== undefined);
  return [
    {
      name: restorePersonaName(formerName),
      formerName,
      folder,
      database: path(databaseName),
      inventory,
      context: path(contextName),
      files,
    },
  ];
}

function fileAsPersona(formerName: string, file: string): FoundPersona[] {
  const files = ['', ...companions]
    .map((companion) => ({ path: file + companion, name: databaseName + companion }))
    .filter(({ path }) => isFile(path));
  const name = restorePersonaName(formerName);
  return [{ name, formerName, folder: dirname(file), database: file, inventory: undefined, context: undefined, files }];
}

function listFiles(folder: string): OriginalFile[] {
  return list(folder)
    .filter(({ name }) => !ours.test(name))
    .map(({ name }) => ({ path: join(folder, name), name }));
}

/** The files of a persona in a folder that also contains others. */
function knownFiles(folder: string): OriginalFile[] {
  const databases = [databaseName, ...inventoryNames].flatMap((name) => ['', ...companions].map((end) => name + end));
  return [...databases, contextName, `${contextName}.backup`, 'cleanup_suggestions.json', 'knowledge_graph.html']
    .map((name) => ({ path: join(folder, name), name }))
    .filter(({ path }) => isFile(path));
}

function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort(byName);
  } catch (error) {
    throw unreadable(folder, error);
  }
}

function realFolder(folder: string): string {
  try {
    const real = realpathSync(resolve(folder));
    if (statSync(real).isDirectory()) return real;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw unreadable(folder, error);
  }
  throw new MemoryMcpError('not_found', `There is no folder ${folder}`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
}

function unreadable(folder: string, cause: unknown): MemoryMcpError {
  return new MemoryMcpError('backend_unavailable', `${folder} cannot be read: ${reasonOf(cause)}`, {
    hint: 'Check that this user may read the folder and everything in it.',
    cause,
  });
}
