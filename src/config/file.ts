/**
 * The configuration file: which one it is, its text as an object, and the object as values of settings. Only the places
 * of the design are looked at, never the working directory, and only JSON and YAML are understood, never code.
 */
import { statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { codeOf, MemoryMcpError, reasonOf } from '../core/errors.ts';
import { readRegularFile } from '../files/regular-file.ts';
import { looksSecret, nearestName, showValue } from './config-errors.ts';
import { isRetiredKey } from './legacy-keys.ts';
import { settings } from './schema.ts';
import { emptyReading, type Reading } from './setting-value.ts';

const makeOne = 'cp config.example.json config.json';

export interface FilePlaces {
  /** `--config`: has to exist. */
  readonly demanded: string | undefined;
  /** `MEMORY_MCP_CONFIG_PATH`: may be missing, with a warning. */
  readonly expected: string | undefined;
  /** Tried in this order where neither of the others is given. */
  readonly usual: readonly string[];
}

export interface FoundFile {
  readonly file: string | undefined;
  /** Every path that was or would have been looked at: a file that appears there changes the answer. */
  readonly candidates: readonly string[];
  readonly warnings: readonly string[];
}

/** `config.json` in the data folder, then the names that are looked for in the user's own configuration folder. */
export function usualPlaces(dataConfig: string, configFolder: string): string[] {
  return [dataConfig, ...['config.json', 'config.yaml', 'config.yml'].map((name) => join(configFolder, name))];
}

/** Finds the file. A demanded one that is missing or a folder is `invalid_input`. */
export function findFile({ demanded, expected, usual }: FilePlaces): FoundFile {
  if (demanded !== undefined) {
    const state = stateOf(demanded);
    if (state === 'file') return { file: demanded, candidates: [demanded], warnings: [] };
    throw new MemoryMcpError('invalid_input', `The file ${demanded} of --config ${state}`, {
      hint: `Name an existing file, or leave --config out; to make one: ${makeOne}`,
    });
  }
  const candidates = expected === undefined ? usual : [expected];
  const states = candidates.map((path) => ({ path, state: stateOf(path) }));
  const index = states.findIndex(({ state }) => state === 'file');
  const passedOver = index === -1 ? states : states.slice(0, index);
  const warnings = passedOver.flatMap(({ path, state }) => {
    if (state === 'does not exist' && path !== expected) return [];
    const subject = path === expected ? `The file ${path} of MEMORY_MCP_CONFIG_PATH` : `The configuration file ${path}`;
    const advice =
      state === 'is a folder'
        ? `Docker makes a folder where a mounted file is missing: remove it, then: ${makeOne}`
        : `To make one: ${makeOne}`;
    return [`${subject} ${state}, so no setting comes from it until it is a file. ${advice}`];
  });
  return { file: states[index]?.path, candidates, warnings };
}

/** `file`, or what a message says about a path that is none. */
function stateOf(path: string): string {
  try {
    return statSync(path).isDirectory() ? 'is a folder' : 'file';
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be reached (${code})`;
  }
}

/** The content of a file, or `invalid_input` naming it. Parser messages that quote the text are cut: it holds secrets. */
export async function readConfigurationFile(file: string): Promise<unknown> {
  const text = readText(file);
  if (text.trim() === '') throw unreadable(file, 'is empty', 'Write {} for no settings, or remove the file.');
  if (['.yaml', '.yml'].includes(extname(file).toLowerCase())) return parseYaml(file, text);
  try {
    return JSON.parse(text);
  } catch (error) {
    const [reason = ''] = reasonOf(error).split(/, (?:"|\.\.\.)/);
    throw unreadable(file, `is not JSON: ${reason}`, 'Mend it, or compare it with config.example.json.');
  }
}

/** The text of a file without a byte order mark, or `invalid_input`. */
export function readText(file: string): string {
  try {
    return readRegularFile(file).replace(/^\uFEFF/, '');
  } catch (error) {
    throw new MemoryMcpError('invalid_input', `The file ${file} cannot be read: ${codeOf(error) ?? reasonOf(error)}`, {
      hint: 'Check that it is a file, and that this user may read it.',
      cause: error,
    });
  }
}

async function parseYaml(file: string, text: string): Promise<unknown> {
  // Its loaders alone: creating an explorer makes cosmiconfig read package.json and .config/ of the working directory,
  // and run a .config/config.js it finds there.
  const { defaultLoadersSync } = await import('cosmiconfig');
  try {
    return defaultLoadersSync['.yaml'](file, text);
  } catch (error) {
    throw unreadable(file, `is not YAML: ${yamlReason(error)}`, 'Mend it, or compare it with config.example.json.');
  }
}

/** What js-yaml says and where, without the lines that it quotes. */
function yamlReason(error: unknown): string {
  const [, reason = 'it cannot be parsed'] = reasonOf(error).split('\n');
  return reason;
}

function unreadable(file: string, what: string, hint: string): MemoryMcpError {
  return new MemoryMcpError('invalid_input', `The configuration file ${file} ${what}`, { hint });
}

/** The values that an object gives to settings. `origin` is the file or the variable that holds it. */
export function readObject(
  content: unknown,
  source: { from: 'file' | 'environment'; name: string },
  group?: string,
): Reading {
  const reading = emptyReading();
  if (content === null || content === undefined) return reading;
  const subject = group === undefined ? source.name : `${group} in ${source.name}`;
  if (typeof content !== 'object' || Array.isArray(content)) {
    reading.problems.push(
      `${subject} is ${showValue(content, { secret: group === undefined })}; allowed: an object of settings`,
    );
    return reading;
  }
  for (const [name, value] of Object.entries(content)) {
    const key = group === undefined ? name : `${group}.${name}`;
    const setting = settings.find((candidate) => candidate.key === key);
    if (setting !== undefined) {
      if (value !== null) reading.given.push({ setting, value, source });
    } else if (groupNames.has(key)) {
      const inner = readObject(value, source, key);
      reading.given.push(...inner.given);
      reading.problems.push(...inner.problems);
    } else if (group === undefined && isRetiredKey(name)) {
      reading.retired.push(name);
    } else {
      reading.problems.push(describeUnknown(key, value, source.name));
    }
  }
  return reading;
}

/** `vector_rebuild`, `auto_cleanup` */
export const groupNames: ReadonlySet<string> = new Set(
  settings.flatMap(({ path: [group], path }) => (path.length > 1 && group !== undefined ? [group] : [])),
);

function describeUnknown(key: string, value: unknown, place: string): string {
  const keys = settings.map((setting) => setting.key);
  const nearest = nearestName(key, keys);
  const advice =
    key === 'data_dir' || key === 'data_directory'
      ? 'the data folder is set by MEMORY_MCP_DATA_DIR'
      : nearest === undefined
        ? `allowed: ${keys.join(', ')}`
        : `did you mean ${nearest}?`;
  return `${key} in ${place} is not a setting (value ${showValue(value, { secret: looksSecret(key) })}); ${advice}`;
}
