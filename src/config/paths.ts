/**
 * The names of all files and folders under the data folder. Also creates private files and folders. Only the functions
 * whose comment says so access the disk.
 */

import { closeSync, openSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import envPaths from 'env-paths';
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';
import { foldPersonaName } from '../core/persona.ts';
import { adviseOnAccess } from '../files/access-problem.ts';
import { makeFolder } from '../files/make-folder.ts';
import { privateFileMode, privateFolderMode } from '../files/private-modes.ts';

export interface UserFolders {
  readonly data: string;
  readonly config: string;
  readonly cache: string;
}

/** The user's folders for this program, by the conventions of the platform. */
export function userFolders(): UserFolders {
  const { data, config, cache } = envPaths('memory-mcp', { suffix: '' });
  return { data, config, cache };
}

/**
 * Where the servers of this user meet to share an inference process; undefined without a home folder. It follows from
 * the home folder alone: clients start their servers with different variables and in different working directories.
 */
export function sharedInferenceFolder(): string | undefined {
  const home = findHome();
  if (home === undefined || !isAbsolute(home)) return undefined;
  const caches = { win32: ['AppData', 'Local', 'memory-mcp', 'Cache'], darwin: ['Library', 'Caches', 'memory-mcp'] };
  const cache = process.platform === 'win32' || process.platform === 'darwin' ? caches[process.platform] : undefined;
  return join(home, ...(cache ?? ['.cache', 'memory-mcp']), 'inference');
}

function findHome(): string | undefined {
  try {
    return homedir();
  } catch {
    // There is neither HOME nor an entry for this user.
    return undefined;
  }
}

export interface DataPaths {
  readonly data: string;
  readonly memory: string;
  readonly logs: string;
  readonly operationsLog: string;
  /** Contains the model files, in `<org>/<model>/`. */
  readonly models: string;
  readonly backups: string;
  /** Contains an id by which backups of this data folder are recognised. */
  readonly dataFolderId: string;
  /** Locked while the original system's personas are moved here. */
  readonly moveLock: string;
  /** How far the move is that holds the lock. */
  readonly moveProgress: string;
  /** Takes up space that is given back when the disk is full. */
  readonly spaceReserve: string;
  /** Contains the token that a server made for itself. */
  readonly accessToken: string;
  /** Contains the notes of hooks about finished conversations. */
  readonly hookNotes: string;
  readonly config: string;
}

/** `models` overrides the folder of the model files, as HF_HOME and TRANSFORMERS_CACHE do. */
export function dataPaths(data: string, { models }: { models?: string | undefined } = {}): DataPaths {
  const logs = join(data, 'logs');
  return {
    data,
    memory: join(data, 'memory'),
    logs,
    operationsLog: join(logs, 'memory_operations.log'),
    models: models ?? join(data, 'cache', 'huggingface'),
    backups: join(data, 'backups'),
    dataFolderId: join(data, 'data-folder-id'),
    moveLock: join(data, 'migration.lock'),
    moveProgress: join(data, 'migration-progress.json'),
    spaceReserve: join(data, 'space-reserve'),
    accessToken: join(data, 'access-token'),
    hookNotes: join(data, 'hooks'),
    config: join(data, 'config.json'),
  };
}

export interface PersonaPaths {
  readonly folder: string;
  readonly database: string;
  readonly context: string;
  readonly cleanupSuggestions: string;
  readonly vectorStore: string;
  readonly vectorIndex: string;
  /** Contains the original system's files that were set aside. */
  readonly original: string;
}

/** `persona` must be a name from `parsePersonaName` or a folder from `findPersonaFolder`. */
export function personaPaths(paths: DataPaths, persona: string): PersonaPaths {
  const folder = join(paths.memory, persona);
  const vectorStore = join(folder, 'vector_store');
  return {
    folder,
    database: join(folder, 'memory.sqlite'),
    context: join(folder, 'persona_context.json'),
    cleanupSuggestions: join(folder, 'cleanup_suggestions.json'),
    vectorStore,
    vectorIndex: join(vectorStore, 'index.faiss'),
    original: join(folder, 'original'),
  };
}

/** The names of the folders under `memory/`, sorted; empty if `memory/` is missing. Reads the disk. */
export function personaFolders(paths: DataPaths): string[] {
  try {
    return readdirSync(paths.memory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw new MemoryMcpError('backend_unavailable', `The folder ${paths.memory} cannot be read: ${reasonOf(error)}`, {
      hint: adviseOnAccess(paths.memory) ?? 'Set MEMORY_MCP_DATA_DIR to a folder that this user can read and write.',
      cause: error,
    });
  }
}

/**
 * Finds the folder of a persona. Prefers an exact match, then a name that differs only by Unicode normalization, then one
 * that differs by case, because some file systems do not distinguish these and data moves between systems. Throws
 * `conflict` if several folders match equally well. Reads the disk.
 */
export function findPersonaFolder(paths: DataPaths, name: string): string | undefined {
  const folders = personaFolders(paths);
  if (folders.includes(name)) return name;
  for (const form of [normalizeName, foldPersonaName]) {
    const [found, ...others] = folders.filter((folder) => form(folder) === form(name));
    if (found === undefined) continue;
    if (others.length === 0) return found;
    throw new MemoryMcpError(
      'conflict',
      `Persona "${name}" could mean ${[found, ...others].join(' or ')} in ${paths.memory}`,
      {
        hint: 'Use the exact name of the folder.',
      },
    );
  }
  return undefined;
}

const normalizeName = (name: string): string => name.normalize('NFC');

/** Creates a folder and its missing parents, accessible only to the owner. Existing folders are not changed. */
export function createPrivateFolder(folder: string): void {
  try {
    makeFolder(folder, privateFolderMode);
  } catch (error) {
    throw new MemoryMcpError('backend_unavailable', `The folder ${folder} cannot be created: ${reasonOf(error)}`, {
      hint: adviseOnAccess(folder) ?? 'Set MEMORY_MCP_DATA_DIR to a folder that this user can write to.',
      cause: error,
    });
  }
}

/** Creates an empty file, accessible only to the owner. An existing file is not changed. */
export function createPrivateFile(file: string): void {
  closeSync(openSync(file, 'a', privateFileMode));
}

/** Expands `~` and resolves a relative path against `from`. */
export function resolvePath(path: string, from: string): string {
  if (path === '~') return homedir();
  if (/^~[/\\]/.test(path)) return join(homedir(), path.slice(2));
  return isAbsolute(path) ? resolve(path) : resolve(from, path);
}
