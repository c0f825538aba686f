/**
 * The environment as settings: `MEMORY_MCP_SERVER_PORT`, groups as `MEMORY_MCP_AUTO_CLEANUP_ENABLED` or with two
 * underscores, lists by commas, tokens as JSON or in a file. An empty variable, or one that says null, is not set.
 */
import { MemoryMcpError } from '../core/errors.ts';
import { nearestName, problemsError } from './config-errors.ts';
import { groupNames, readObject, readText } from './file.ts';
import { isRetiredVariable } from './legacy-keys.ts';
import { resolvePath } from './paths.ts';
import { settings } from './schema.ts';
import { emptyReading, type Given, type Reading } from './setting-value.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const prefix = 'MEMORY_MCP_';
const tokensFileVariable = 'MEMORY_MCP_AUTH_TOKENS_FILE';

/** Variables of ours that hold no setting. */
export const ownVariables = [
  {
    name: 'MEMORY_MCP_DATA_DIR',
    help: 'The data folder; "~" is the home folder. Unset: a folder of the user, /data in the image.',
  },
  {
    name: 'MEMORY_MCP_CONFIG_PATH',
    help: 'The configuration file. While it is missing the defaults apply, with a warning.',
  },
  { name: tokensFileVariable, help: 'A file that holds `auth_tokens` as JSON, such as a mounted secret.' },
];

/** The value of a variable; undefined where it is unset, empty or null. */
export function variableOf(environment: Environment, name: string): string | undefined {
  const text = environment[name];
  return text === undefined || text === '' || text.trim().toLowerCase() === 'null' ? undefined : text;
}

/** Everything that variables give to settings. Relative paths are meant from `directory`. */
export function readVariables(environment: Environment, directory: string): Reading {
  const reading = emptyReading();
  for (const group of groupNames) readGroup(environment, group, reading);
  for (const setting of settings) {
    const name = setting.variables.find((candidate) => variableOf(environment, candidate) !== undefined);
    const text = name === undefined ? undefined : variableOf(environment, name);
    if (name !== undefined && text !== undefined) {
      reading.given.push({ setting, value: setting.fromText(text), source: { from: 'environment', name } });
    }
  }
  const tokens = readTokensFile(environment, directory);
  if (tokens !== undefined) reading.given.push(tokens);
  for (const name of Object.keys(environment).sort()) judgeName(name, environment, reading);
  return reading;
}

/** A group as one JSON object, which the original accepted; a variable for a single setting of it goes first. */
function readGroup(environment: Environment, group: string, reading: Reading): void {
  const name = prefix + group.toUpperCase();
  const text = variableOf(environment, name);
  if (text === undefined) return;
  let content: unknown = text;
  try {
    content = JSON.parse(text);
  } catch {
    // Text that is not JSON is no object either, which readObject says.
  }
  const inner = readObject(content, { from: 'environment', name }, group);
  reading.given.push(...inner.given);
  reading.problems.push(...inner.problems);
}

function readTokensFile(environment: Environment, directory: string): Given | undefined {
  const named = variableOf(environment, tokensFileVariable);
  const setting = settings.find(({ key }) => key === 'auth_tokens');
  if (named === undefined || setting === undefined) return undefined;
  if (setting.variables.some((name) => variableOf(environment, name) !== undefined)) {
    throw problemsError([`${setting.variables[0]} and ${tokensFileVariable} are both set`], 'Keep one of them.');
  }
  const file = resolvePath(named, directory);
  const value = setting.fromText(readText(file));
  if (Array.isArray(value) && value.length === 0) {
    // Whoever names a file wants tokens: an empty list would let everybody in.
    throw new MemoryMcpError('invalid_input', `The file ${file} of ${tokensFileVariable} holds no token`, {
      hint: `Put in ${setting.allowed}, or unset the variable.`,
    });
  }
  return { setting, value, source: { from: 'environment', name: `${tokensFileVariable}=${file}` } };
}

function judgeName(name: string, environment: Environment, reading: Reading): void {
  if (!name.startsWith(prefix) || variableOf(environment, name) === undefined) return;
  const known = [...settings.flatMap(({ variables }) => variables), ...ownVariables.map((variable) => variable.name)];
  const groups = [...groupNames].map((group) => prefix + group.toUpperCase());
  if (known.includes(name) || groups.includes(name)) return;
  if (isRetiredVariable(name)) {
    reading.retired.push(name);
    return;
  }
  const nearest = nearestName(name, known);
  const advice = nearest === undefined ? 'memory-mcp serve --help lists them' : `did you mean ${nearest}?`;
  reading.warnings.push(`${name} is not a setting and has no effect; ${advice}`);
}
