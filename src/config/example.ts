/**
 * What people read about the settings, rendered from the schema: config.example.json, the tables of the README and the
 * flags in `serve --help`. `scripts/generate.ts` writes the files and the check compares them.
 */

import { machineVariables } from './external-environment.ts';
import { settings } from './schema.ts';
import type { Setting } from './setting.ts';
import { ownVariables } from './variables.ts';

/** config.example.json: every key with its default, null where it has none. The loader accepts it as it is. */
export function renderExample(): string {
  const example: Record<string, unknown> = {};
  for (const setting of settings) {
    const [name = '', inner] = setting.path;
    const value = defaultOf(setting) ?? null;
    if (inner === undefined) example[name] = value;
    else example[name] = { ...(typeof example[name] === 'object' ? example[name] : {}), [inner]: value };
  }
  return `${JSON.stringify(example, null, 2)}\n`;
}

/** The README's table of settings. */
export function renderSettingsTable(): string {
  return renderTable(
    ['Key', 'Variable', 'Default', 'Meaning', 'Live'],
    settings.map((setting) => [
      code(setting.key),
      variablesOf(setting).map(code).join(' or '),
      setting.unsetMeans ?? code(JSON.stringify(defaultOf(setting))),
      scoreMeaning(setting),
      setting.live === true ? 'yes' : '',
    ]),
  );
}

/** The README's table of variables that are no settings. */
export function renderVariablesTable(): string {
  return renderTable(
    ['Variable', 'Meaning'],
    [...ownVariables, ...machineVariables].map(({ name, help }) => [code(name), help]),
  );
}

/** A flag of `serve` as commander wants it. */
export interface FlagHelp {
  readonly flag: string;
  readonly description: string;
}

/** The flags that hold settings, and `--config`. */
export function describeFlags(): FlagHelp[] {
  const held = settings.flatMap((setting) =>
    setting.flag === undefined
      ? []
      : [{ flag: `--${setting.flag} <value>`, description: `${setting.help} Default: ${defaultOf(setting)}.` }],
  );
  return [...held, { flag: '--config <file>', description: 'The configuration file, JSON or YAML; it has to exist.' }];
}

const defaultOf = (setting: Setting): unknown => setting.type.parse(undefined);

/** The spelling with two underscores is left out: one name a setting is enough to read. */
function variablesOf({ variables, variable }: Setting): string[] {
  return [...variables.slice(0, 1), ...(variable === undefined ? [] : [variable])];
}

function scoreMeaning({ help, allowed }: Setting): string {
  return allowed.startsWith('one of ') ? `${help} One of ${allowed.slice('one of '.length)}.` : help;
}

const code = (text: string): string => `\`${text}\``;

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].map((row) => `${row}\n`).join('');
}
