/**
 * Finds and reads the configuration file. Only a fixed list of locations is searched, never the working directory, and
 * only JSON and YAML are supported, never code.
 */
import { statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';
import { parseYaml } from '../files/parse-yaml.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { findNearestName, formatValue, isSecretName } from './config-errors.ts';
import { isLegacyKey } from './legacy-keys.ts';
import { settings } from './schema.ts';
import { createReading, type Reading } from './setting-value.ts';

const createCommand = 'cp config.example.json config.json';

export interface FileLocations {
  /** `--config`. The file must exist. */
  readonly fromFlag: string | undefined;
  /** `MEMORY_MCP_CONFIG_PATH`. A missing file is only a warning. */
  readonly fromVariable: string | undefined;
  /** Tried in this order if neither of the others is given. */
  readonly defaults: readonly string[];
}

export interface FoundFile {
  readonly file: string | undefined;
  /** All paths that were considered. A file that appears at one of them may be used after a reload. */
  readonly candidates: readonly string[];
  readonly warnings: readonly string[];
}

/** `config.json` in the data folder, then the supported names in the user's configuration folder. */
export function listDefaultLocations(dataConfig: string, configFolder: string): string[] {
  return [dataConfig, ...['config.json', 'config.yaml', 'config.yml'].map((name) => join(configFolder, name))];
}

/** Finds the file. Throws `invalid_input` if the file of `--config` is missing or a folder. */
export function findFile({ fromFlag, fromVariable, defaults }: FileLocations): FoundFile {
  if (fromFlag !== undefined) {
    const state = describeState(fromFlag);
    if (state === 'file') return { file: fromFlag, candidates: [fromFlag], warnings: [] };
    throw new MemoryMcpError('invalid_input', `The file ${fromFlag} given with --config ${state}`, {
      hint: `Name an existing file or leave out --config. To create a file: ${createCommand}`,
    });
  }
  const candidates = fromVariable === undefined ? defaults : [fromVariable];
  const states = candidates.map((path) => ({ path, state: describeState(path) }));
  const index = states.findIndex(({ state }) => state === 'file');
  const skipped = index === -1 ? states : states.slice(0, index);
  const warnings = skipped.flatMap(({ path, state }) => {
    if (state === 'does not exist' && path !== fromVariable) return [];
    const subject =
      path === fromVariable ? `The file ${path} given in MEMORY_MCP_CONFIG_PATH` : `The configuration file ${path}`;
    const advice =
      state === 'is a folder'
        ? `Docker creates a folder if a mounted file is missing. Remove the folder, then run: ${createCommand}`
        : `To create a file: ${createCommand}`;
    return [`${subject} ${state} and is ignored. ${advice}`];
  });
  return { file: states[index]?.path, candidates, warnings };
}

/** `file`, or what is wrong with the path, in words for a message. */
function describeState(path: string): string {
  try {
    return statSync(path).isDirectory() ? 'is a folder' : 'file';
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be accessed (${code})`;
  }
}

/** Parses the file. Errors are `invalid_input`; parts of parser messages that quote the file are cut off as secret. */
export async function readConfigurationFile(file: string): Promise<unknown> {
  const text = readText(file);
  if (text.trim() === '') throw invalidFile(file, 'is empty', 'Write {} for no settings, or remove the file.');
  if (['.yaml', '.yml'].includes(extname(file).toLowerCase())) return readYaml(file, text);
  try {
    return JSON.parse(text);
  } catch (error) {
    const [reason = ''] = reasonOf(error).split(/, (?:"|\.\.\.)/);
    throw invalidFile(file, `is not valid JSON: ${reason}`, 'Fix it, or compare it with config.example.json.');
  }
}

/** Reads a file and strips the byte order mark. Throws `invalid_input` if that fails. */
export function readText(file: string): string {
  try {
    return readRegularFile(file).replace(/^\uFEFF/, '');
  } catch (error) {
    throw new MemoryMcpError('invalid_input', `The file ${file} cannot be read: ${codeOf(error) ?? reasonOf(error)}`, {
      hint: 'Check that it is a regular file and that this user has permission to read it.',
      cause: error,
    });
  }
}

async function readYaml(file: string, text: string): Promise<unknown> {
  try {
    return await parseYaml(text);
  } catch (error) {
    throw invalidFile(file, `is not valid YAML: ${reasonOf(error)}`, 'Fix it, or compare it with config.example.json.');
  }
}

function invalidFile(file: string, what: string, hint: string): MemoryMcpError {
  return new MemoryMcpError('invalid_input', `The configuration file ${file} ${what}`, { hint });
}

/** Reads the settings in an object. `source` is the file or the variable that contains it. */
export function readObject(
  content: unknown,
  source: { from: 'file' | 'environment'; name: string },
  group?: string,
): Reading {
  const reading = createReading();
  if (content === null || content === undefined) return reading;
  const subject = group === undefined ? source.name : `${group} in ${source.name}`;
  if (typeof content !== 'object' || Array.isArray(content)) {
    reading.errors.push(
      `${subject} is ${formatValue(content, { secret: group === undefined })}; allowed: an object of settings`,
    );
    return reading;
  }
  for (const [name, value] of Object.entries(content)) {
    const key = group === undefined ? name : `${group}.${name}`;
    const setting = settings.find((candidate) => candidate.key === key);
    if (setting !== undefined) {
      if (value !== null) reading.values.push({ setting, value, source });
    } else if (groupNames.has(key)) {
      const inner = readObject(value, source, key);
      reading.values.push(...inner.values);
      reading.errors.push(...inner.errors);
    } else if (group === undefined && isLegacyKey(name)) {
      reading.legacyNames.push(name);
    } else {
      reading.errors.push(describeUnknown(key, value, source.name));
    }
  }
  return reading;
}

/** The keys that contain other settings: `vector_rebuild`, `auto_cleanup`. */
export const groupNames: ReadonlySet<string> = new Set(
  settings.flatMap(({ path: [group], path }) => (path.length > 1 && group !== undefined ? [group] : [])),
);

function describeUnknown(key: string, value: unknown, place: string): string {
  const keys = settings.map((setting) => setting.key);
  const nearest = findNearestName(key, keys);
  const advice =
    key === 'data_dir' || key === 'data_directory'
      ? 'the data folder is set by MEMORY_MCP_DATA_DIR'
      : nearest === undefined
        ? `allowed: ${keys.join(', ')}`
        : `did you mean ${nearest}?`;
  return `${key} in ${place} is not a setting (value ${formatValue(value, { secret: isSecretName(key) })}); ${advice}`;
}
