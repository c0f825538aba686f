/**
 * Loads the configuration. Flags override the environment, which overrides the file, which overrides the defaults. The
 * only file that reads `process.env`. It prints nothing: messages for the user are returned as `warnings`.
 */
import { isAbsolute } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { combineErrors } from './config-errors.ts';
import { type ExternalEnvironment, readExternalEnvironment } from './external-environment.ts';
import { findFile, listDefaultLocations, readConfigurationFile, readObject } from './file.ts';
import {
  type Disagreement,
  isOriginalFile,
  legacyDataVariable,
  translateLegacyValue,
  warnOfLegacyNames,
  warnOfPrecedence,
} from './legacy-keys.ts';
import { checkPathText } from './path-text.ts';
import { type DataPaths, dataPaths, resolvePath, type UserFolders, userFolders } from './paths.ts';
import { type Configuration, configurationSchema, settings } from './schema.ts';
import {
  createReading,
  parseSettingValue,
  type Reading,
  type Source,
  setAtPath,
  valueAtPath,
} from './setting-value.ts';
import { type Environment, readVariable, readVariables } from './variables.ts';

/** The flags of `serve` as parsed by commander. `config` is the path of the file. */
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
  /** The base of relative paths in flags and variables. No file is searched for there. */
  readonly directory?: string;
  /** Throw `invalid_input` for a relative path in a variable, because the working directory is not the user's choice. */
  readonly absolutePathsOnly?: boolean;
}

export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** The source of each key, such as `auto_cleanup.enabled`. Tells whether a value was set or is the default. */
  readonly sources: Readonly<Record<string, Source>>;
  readonly warnings: readonly string[];
  /** The file that was read, if any. */
  readonly file: string | undefined;
  /** Every file that could be the configuration file. The watcher checks all of them. */
  readonly candidates: readonly string[];
  readonly paths: DataPaths;
  readonly environment: ExternalEnvironment;
}

/** Loads everything. Throws a single `invalid_input` that lists all invalid settings. */
export async function loadConfiguration({
  flags = {},
  environment = process.env,
  folders = userFolders(),
  directory = process.cwd(),
  absolutePathsOnly = false,
}: LoadDeps = {}): Promise<LoadedConfiguration> {
  const warnings: string[] = [];
  const path = (name: string, text: string | undefined): string | undefined => {
    if (text === undefined) return undefined;
    if (absolutePathsOnly && !isAbsolute(text) && !text.startsWith('~')) {
      throw combineErrors(
        [`${name} is the relative path ${JSON.stringify(text)}`],
        'Write the full path, or a path that begins with "~".',
      );
    }
    return resolveVariable(name, text, directory, warnings);
  };
  const externalEnvironment = readExternalEnvironment(environment, directory);
  const pathIn = (name: string) => path(name, readVariable(environment, name));
  const data = pathIn('MEMORY_MCP_DATA_DIR') ?? pathIn(legacyDataVariable) ?? folders.data;
  const paths = dataPaths(data, { models: externalEnvironment.huggingFace.folder });

  const found = findFile({
    fromFlag: flags.config === undefined ? undefined : resolvePath(flags.config, directory),
    fromVariable: pathIn('MEMORY_MCP_CONFIG_PATH'),
    defaults: listDefaultLocations(paths.config, folders.config),
  });
  const { file } = found;
  const fromFile =
    file === undefined ? createReading() : readObject(await readConfigurationFile(file), { from: 'file', name: file });
  const readings = [fromFile, readVariables(environment, directory), readFlags(flags)];
  const { tree, sources, disagreements, errors } = mergeSources(readings);
  if (errors.length > 0) {
    throw combineErrors(errors, 'Fix or remove them. config.example.json lists every setting with its default.');
  }

  warnings.push(...found.warnings, ...readings.flatMap((reading) => reading.warnings));
  const unusedGroups = settings
    .filter((setting) => setting.unused === true && sources[setting.key]?.from !== 'default')
    .map(({ path: [group = ''] }) => group);
  const legacyNames = [...new Set([...readings.flatMap((reading) => reading.legacyNames), ...unusedGroups])];
  if (legacyNames.length > 0) warnings.push(warnOfLegacyNames(legacyNames));
  if (file !== undefined && isOriginalFile(fromFile.values.map(({ setting }) => setting.key))) {
    warnings.push(...warnOfPrecedence(disagreements, file));
  }
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
  const reading = createReading();
  for (const setting of settings) {
    const text = setting.flag === undefined ? undefined : new Map(Object.entries(flags)).get(setting.flag);
    if (typeof text !== 'string') continue;
    reading.values.push({
      setting,
      value: setting.fromText(text),
      source: { from: 'flag', name: `--${setting.flag}` },
    });
  }
  return reading;
}

/** Validates every value and merges the readings. Later ones override earlier ones. */
function mergeSources(readings: readonly Reading[]): {
  tree: Record<string, unknown>;
  sources: Record<string, Source>;
  /** Where the environment overrides another value of the file. */
  disagreements: Disagreement[];
  errors: string[];
} {
  const tree: Record<string, unknown> = {};
  const sources: Record<string, Source> = Object.fromEntries(settings.map(({ key }) => [key, { from: 'default' }]));
  const errors = readings.flatMap((reading) => reading.errors);
  const disagreements: Disagreement[] = [];
  for (const reading of readings) {
    for (const settingValue of reading.values) {
      const { setting, source, value } = settingValue;
      const translated = translateLegacyValue(setting.key, value);
      if (translated !== undefined) {
        reading.warnings.push(
          `${setting.key} in ${source.name} has the original system's value "${value}"; "${translated}" is used instead`,
        );
      }
      const parsed = parseSettingValue({ ...settingValue, value: translated ?? value });
      if ('errors' in parsed) {
        errors.push(...parsed.errors);
        continue;
      }
      const former = valueAtPath(tree, setting.path);
      if (sources[setting.key]?.from === 'file' && !isDeepStrictEqual(former, parsed.value)) {
        disagreements.push({ key: setting.key, by: source });
      }
      setAtPath(tree, setting.path, parsed.value);
      sources[setting.key] = source;
    }
  }
  return { tree, sources, disagreements, errors };
}

/** Resolves the path in a variable. MCP clients do not expand `$HOME` as a shell does, and choose the working directory. */
function resolveVariable(name: string, text: string, directory: string, warnings: string[]): string {
  checkPathText(name, text);
  const path = resolvePath(text, directory);
  if (!isAbsolute(text) && !text.startsWith('~')) {
    warnings.push(
      `${name} is the relative path ${JSON.stringify(text)}. It means ${path} only if the server is started from the same folder; use an absolute path instead`,
    );
  }
  return path;
}
