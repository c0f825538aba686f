/**
 * Loads the configuration: flags over environment over file over defaults, each value checked where it came from. The
 * only file that reads `process.env`. It prints nothing: what a person should know comes back as `warnings`.
 */
import { isAbsolute } from 'node:path';
import { problemsError } from './config-errors.ts';
import { type ExternalEnvironment, readSurroundings } from './external-environment.ts';
import { findFile, readConfigurationFile, readObject, usualPlaces } from './file.ts';
import { currentWord, retiredWarning } from './legacy-keys.ts';
import { type DataPaths, dataPaths, resolvePath, type UserFolders, userFolders } from './paths.ts';
import { type Configuration, configurationSchema, settings } from './schema.ts';
import { checkGiven, emptyReading, placeAt, type Reading, type Source } from './setting-value.ts';
import { type Environment, readVariables, variableOf } from './variables.ts';

/** The flags of `serve` as commander hands them over; `config` is the path of the file. */
export interface ConfigurationFlags {
  readonly config?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly persona?: string | undefined;
  readonly tools?: string | undefined;
}

export interface LoadDeps {
  readonly flags?: ConfigurationFlags;
  readonly environment?: Environment;
  readonly folders?: UserFolders;
  /** What relative paths in flags and variables are meant from; nothing is looked for there. */
  readonly directory?: string;
}

export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** Who set each key (`auto_cleanup.enabled`), for settings that matter only when somebody set them. */
  readonly sources: Readonly<Record<string, Source>>;
  readonly warnings: readonly string[];
  /** The file that was read, if any. */
  readonly file: string | undefined;
  /** Every file that counts; the watcher looks at all of them. */
  readonly candidates: readonly string[];
  readonly paths: DataPaths;
  readonly environment: ExternalEnvironment;
}

/** Loads everything. Whatever cannot be used is one `invalid_input` that lists all of it. */
export async function loadConfiguration({
  flags = {},
  environment = process.env,
  folders = userFolders(),
  directory = process.cwd(),
}: LoadDeps = {}): Promise<LoadedConfiguration> {
  const warnings: string[] = [];
  const path = (name: string, text: string | undefined): string | undefined => {
    if (text === undefined) return undefined;
    return resolveNamed(name, text, directory, warnings);
  };
  const externalEnvironment = readSurroundings(environment, directory);
  const data = path('MEMORY_MCP_DATA_DIR', variableOf(environment, 'MEMORY_MCP_DATA_DIR')) ?? folders.data;
  const paths = dataPaths(data, { models: externalEnvironment.huggingFace.folder });

  const found = findFile({
    demanded: flags.config === undefined ? undefined : resolvePath(flags.config, directory),
    expected: path('MEMORY_MCP_CONFIG_PATH', variableOf(environment, 'MEMORY_MCP_CONFIG_PATH')),
    usual: usualPlaces(paths.config, folders.config),
  });
  const { file } = found;
  const fromFile =
    file === undefined ? emptyReading() : readObject(await readConfigurationFile(file), { from: 'file', name: file });
  const readings = [fromFile, readVariables(environment, directory), readFlags(flags)];
  const { tree, sources, problems } = settle(readings);
  if (problems.length > 0) {
    throw problemsError(
      problems,
      'Mend or remove what is named; config.example.json holds every setting with its default.',
    );
  }

  warnings.push(...found.warnings, ...readings.flatMap((reading) => reading.warnings));
  const retired = readings.flatMap((reading) => reading.retired);
  if (retired.length > 0) warnings.push(retiredWarning(retired));
  return {
    configuration: configurationSchema.parse(tree),
    sources,
    warnings,
    file,
    candidates: found.candidates,
    paths,
    environment: externalEnvironment,
  };
}

function readFlags(flags: ConfigurationFlags): Reading {
  const reading = emptyReading();
  for (const setting of settings) {
    const text = setting.flag === undefined ? undefined : new Map(Object.entries(flags)).get(setting.flag);
    if (typeof text !== 'string') continue;
    reading.given.push({
      setting,
      value: setting.fromText(text),
      source: { from: 'flag', name: `--${setting.flag}` },
    });
  }
  return reading;
}

/** Checks every value and lays the later readings over the earlier ones. */
function settle(readings: readonly Reading[]): {
  tree: Record<string, unknown>;
  sources: Record<string, Source>;
  problems: string[];
} {
  const tree: Record<string, unknown> = {};
  const sources: Record<string, Source> = Object.fromEntries(settings.map(({ key }) => [key, { from: 'default' }]));
  const problems = readings.flatMap((reading) => reading.problems);
  for (const reading of readings) {
    for (const given of reading.given) {
      const { setting, source } = given;
      const word = currentWord(setting.key, given.value);
      if (word !== undefined) {
        reading.warnings.push(
          `${setting.key} is "${given.value}" in ${source.name}, as the original wrote it: "${word}" is used`,
        );
      }
      const checked = checkGiven({ ...given, value: word ?? given.value });
      if ('problems' in checked) {
        problems.push(...checked.problems);
        continue;
      }
      placeAt(tree, setting.path, checked.value);
      sources[setting.key] = source;
    }
  }
  return { tree, sources, problems };
}

/** A path of a variable. Clients do not expand `$HOME` as a shell does, and start servers in folders of their own choice. */
function resolveNamed(name: string, text: string, directory: string, warnings: string[]): string {
  if (/^(?:\$\{?\w+\}?|%\w+%)(?:[/\\]|$)/.test(text)) {
    throw problemsError(
      [`${name} is ${JSON.stringify(text)}, and nobody has replaced the variable in it`],
      'Write the whole path, or one that begins with "~".',
    );
  }
  const path = resolvePath(text, directory);
  if (!isAbsolute(text) && !text.startsWith('~')) {
    warnings.push(
      `${name} is the relative path ${JSON.stringify(text)}, which means ${path} only while started from here; an absolute path means the same everywhere`,
    );
  }
  return path;
}
