/**
 * Reads settings from the environment: `MEMORY_MCP_SERVER_PORT`, groups as `MEMORY_MCP_AUTO_CLEANUP_ENABLED` or with two
 * underscores, comma-separated lists, tokens as JSON or in a file; and from those of the original system. A variable that is empty or "null" counts as unset.
 */
import { MemoryMcpError } from '../core/errors.ts';
import { combineErrors, findNearestName } from './config-errors.ts';
import { groupNames, readObject, readText } from './file.ts';
import { isLegacyVariable, legacyVariablesOf } from './legacy-keys.ts';
import { checkPathText } from './path-text.ts';
import { resolvePath } from './paths.ts';
import { settings } from './schema.ts';
import { createReading, type Reading, type SettingValue } from './setting-value.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const prefix = 'MEMORY_MCP_';
const tokensFileVariable = 'MEMORY_MCP_AUTH_TOKENS_FILE';

/** Our variables that are not settings. */
export const ownVariables = [
  {
    name: 'MEMORY_MCP_DATA_DIR',
    help: 'The data folder; "~" is the home folder. Unset: a folder of the user.',
  },
  {
    name: 'MEMORY_MCP_CONFIG_PATH',
    help: 'The configuration file. While it is missing the defaults apply, with a warning.',
  },
  { name: tokensFileVariable, help: 'A file that holds `auth_tokens` as JSON, such as a mounted secret.' },
];

/** The value of a variable; undefined if it is unset, empty or "null". */
export function readVariable(environment: Environment, name: string): string | undefined {
  const text = environment[name];
  return text === undefined || text === '' || text.trim().toLowerCase() === 'null' ? undefined : text;
}

/** Reads all settings in variables. Relative paths are resolved against `directory`. */
export function readVariables(environment: Environment, directory: string): Reading {
  const reading = createReading();
  for (const group of groupNames) readGroup(environment, group, reading);
  for (const setting of settings) {
    const names = [...setting.variables, ...legacyVariablesOf(setting.key)];
    const name = names.find((candidate) => readVariable(environment, candidate) !== undefined);
    const text = name === undefined ? undefined : readVariable(environment, name);
    if (name !== undefined && text !== undefined) {
      reading.values.push({ setting, value: setting.fromText(text), source: { from: 'environment', name } });
    }
  }
  const tokens = readTokensFile(environment, directory);
  if (tokens !== undefined) reading.values.push(tokens);
  for (const name of Object.keys(environment).sort()) checkName(name, environment, reading);
  return reading;
}

/** Reads a group as one JSON object, as in the original system. A variable for a single setting overrides it. */
function readGroup(environment: Environment, group: string, reading: Reading): void {
  const name = prefix + group.toUpperCase();
  const text = readVariable(environment, name);
  if (text === undefined) return;
  let content: unknown = text;
  try {
    content = JSON.parse(text);
  } catch {
    // Not an object either: `readObject` reports it.
  }
  const inner = readObject(content, { from: 'environment', name }, group);
  reading.values.push(...inner.values);
  reading.errors.push(...inner.errors);
}

function readTokensFile(environment: Environment, directory: string): SettingValue | undefined {
  const path = readVariable(environment, tokensFileVariable);
  const setting = settings.find(({ key }) => key === 'auth_tokens');
  if (path === undefined || setting === undefined) return undefined;
  if (setting.variables.some((name) => readVariable(environment, name) !== undefined)) {
    throw combineErrors([`${setting.variables[0]} and ${tokensFileVariable} are both set`], 'Set only one of them.');
  }
  checkPathText(tokensFileVariable, path);
  const file = resolvePath(path, directory);
  const value = setting.fromText(readText(file));
  if (Array.isArray(value) && value.length === 0) {
    // Fail instead of starting without access control, which an empty list would mean.
    throw new MemoryMcpError('invalid_input', `The file ${file} given in ${tokensFileVariable} contains no tokens`, {
      hint: `Write ${setting.allowed} to it, or unset the variable.`,
    });
  }
  return { setting, value, source: { from: 'environment', name: `${tokensFileVariable}=${file}` } };
}

/** Warns about a variable with our prefix, or the original's, that is not a setting. */
function checkName(name: string, environment: Environment, reading: Reading): void {
  if (readVariable(environment, name) === undefined) return;
  if (isLegacyVariable(name)) reading.legacyNames.push(name);
  else if (name.startsWith(prefix)) checkOwnName(name, reading);
}

function checkOwnName(name: string, reading: Reading): void {
  const known = [...settings.flatMap(({ variables }) => variables), ...ownVariables.map((variable) => variable.name)];
  const groups = [...groupNames].map((group) => prefix + group.toUpperCase());
  if (known.includes(name) || groups.includes(name)) return;
  const nearest = findNearestName(name, known);
  const advice = nearest === undefined ? 'memory-mcp serve --help lists them' : `did you mean ${nearest}?`;
  reading.warnings.push(`${name} is not a setting and has no effect; ${advice}`);
}
