/**
 * Renders the documentation of the settings from the schema: config.example.json, the tables of docs/configuration.md and the flags
 * in `serve --help`. `scripts/generate.ts` writes the files, and with `--check` compares them.
 */

import { machineVariables } from './external-environment.ts';
import { settings } from './schema.ts';
import type { Setting } from './setting.ts';
import { ownVariables } from './variables.ts';

/** Settings without effect are accepted, but not documented. */
const documented = settings.filter(({ unused }) => unused !== true);

/** Renders config.example.json: every key with its default, or null. It is a valid configuration file. */
export function renderExample(): string {
  const example: Record<string, unknown> = {};
  for (const setting of documented) {
    const [name = '', inner] = setting.path;
    const value = getDefault(setting) ?? null;
    if (inner === undefined) example[name] = value;
    else example[name] = { ...(typeof example[name] === 'object' ? example[name] : {}), [inner]: value };
  }
  return `${JSON.stringify(example, null, 2)}\n`;
}

/** Renders the table of settings. */
export function renderSettingsTable(): string {
  return renderTable(
    ['Key', 'Variable', 'Default', 'Meaning', 'Live'],
    documented.map((setting) => [
      formatCode(setting.key),
      listVariables(setting).map(formatCode).join(' or '),
      setting.unsetMeans ?? formatCode(JSON.stringify(getDefault(setting))),
      describeMeaning(setting),
      setting.live === true ? 'yes' : '',
    ]),
  );
}

/** Renders the table of the other variables. */
export function renderVariablesTable(): string {
  return renderTable(
    ['Variable', 'Meaning'],
    [...ownVariables, ...machineVariables].map(({ name, help }) => [formatCode(name), help]),
  );
}

/** A flag of `serve`, in the format of commander. */
export interface FlagHelp {
  readonly flag: string;
  readonly description: string;
}

/** The flags for settings, and `--config`. */
export function describeFlags(): FlagHelp[] {
  const settingFlags = settings.flatMap((setting) =>
    setting.flag === undefined
      ? []
      : [{ flag: `--${setting.flag} <value>`, description: `${setting.help} Default: ${getDefault(setting)}.` }],
  );
  return [
    ...settingFlags,
    { flag: '--config <file>', description: 'The configuration file, JSON or YAML; it must exist.' },
  ];
}

const getDefault = (setting: Setting): unknown => setting.type.parse(undefined);

/** The variables to document. The alternative spelling with two underscores is left out. */
function listVariables({ variables, variable }: Setting): string[] {
  return [...variables.slice(0, 1), ...(variable === undefined ? [] : [variable])];
}

function describeMeaning({ help, allowed }: Setting): string {
  return allowed.startsWith('one of ') ? `${help} One of ${allowed.slice('one of '.length)}.` : help;
}

const formatCode = (text: string): string => `\`${text}\``;

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].map((row) => `${row}\n`).join('');
}
