/**
 * Where everything lies on disk: the one place that knows the names of files and folders under the data folder, and
 * how a new one is made so that only its owner can read it. Pure but for the functions that say they touch the disk.
 */

import { closeSync, openSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import envPaths from 'env-paths';
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';
import { foldPersonaName } from '../core/persona.ts';
import { makeFolder } from '../files/make-folder.ts';
import { privateFileMode, privateFolderMode } from '../files/private-modes.ts';

export interface UserFolders {
  readonly data: string;
  readonly config: string;
  readonly cache: string;
}

/** The user's own folders for this program, as the platform wants them. */
export function userFolders(): UserFolders {
  const { data, config, cache } = envPaths('memory-mcp', { suffix: '' });
  return { data, config, cache };
}

export interface DataPaths {
  readonly data: string;
  readonly memory: string;
  readonly logs: string;
  readonly operationsLog: string;
  /** Model files: `<org>/<model>/` below it. */
  readonly models: string;
  readonly backups: string;
  readonly config: string;
}

/** `models` is set where HF_HOME or TRANSFORMERS_CACHE names another folder for them. */
export function dataPaths(data: string, { models }: { models?: string | undefined } = {}): DataPaths {
  const logs = join(data, 'logs');
  return {
    data,
    memory: join(data, 'memory'),
    logs,
    operationsLog: join(logs, 'memory_operations.log'),
    models: models ?? join(data, 'cache', 'huggingface'),
    backups: join(data, 'backups'),
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
  /** What an in-place migration set aside. */
  readonly original: string;
}

/** `persona` is a name that `parsePersonaName` let through, or a folder that `findPersonaFolder` found. */
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

/** The names of the folders under `memory/`, sorted. Reads the disk; a missing `memory/` holds none. */
export function personaFolders(paths: DataPaths): string[] {
  try {
    return readdirSync(paths.memory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw new MemoryMcpError('backend_unavailable', `The folder ${paths.memory} cannot be read: ${reasonOf(error)}`, {
      hint: 'Give MEMORY_MCP_DATA_DIR a folder that this user may read and write.',
      cause: error,
    });
  }
}

/**
 * The folder that a persona's name means, or undefined if there is none: the very name, else one that differs by
 * Unicode normalisation, else one that differs by case, since some file systems cannot tell them apart and data moves
 * between systems. Reads the disk. Several that are equally near are a `conflict`.
 */
export function findPersonaFolder(paths: DataPaths, name: string): string | undefined {
  const folders = personaFolders(paths);
  if (folders.includes(name)) return name;
  for (const form of [normalForm, foldPersonaName]) {
    const [found, ...others] = folders.filter((folder) => form(folder) === form(name));
    if (found === undefined) continue;
    if (others.length === 0) return found;
    throw new MemoryMcpError(
      'conflict',
      `Persona "${name}" could mean ${[found, ...others].join(' or ')} in ${paths.memory}`,
      {
        hint: 'Write the name exactly as its folder is called.',
      },
    );
  }
  return undefined;
}

const normalForm = (name: string): string => name.normalize('NFC');

/** Makes a folder and its missing parents, readable by the owner alone. What exists already is left as it is. */
export function createPrivateFolder(folder: string): void {
  try {
    makeFolder(folder, privateFolderMode);
  } catch (error) {
    throw new MemoryMcpError('backend_unavailable', `The folder ${folder} cannot be made: ${reasonOf(error)}`, {
      hint: 'Give MEMORY_MCP_DATA_DIR a folder that this user may write to.',
      cause: error,
    });
  }
}

/** Makes an empty file, readable by the owner alone, where there is none yet. What exists already is left as it is. */
export function createPrivateFile(file: string): void {
  closeSync(openSync(file, 'a', privateFileMode));
}

/** A path as a person writes it: `~` is the home folder, anything relative is meant from `from`. */
export function resolvePath(path: string, from: string): string {
  if (path === '~') return homedir();
  if (/^~[/\\]/.test(path)) return join(homedir(), path.slice(2));
  return isAbsolute(path) ? resolve(path) : resolve(from, path);
}
