/** Everything that the doctor looks at, in the order in which it is told. Changes nothing. */
import type { LoadedConfiguration } from '../config/load.ts';
import { personaFolders } from '../config/paths.ts';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import { modelSettings } from '../model/model-settings.ts';
import type { IndexServer } from '../vector/vector-index.ts';
import { checkBackups } from './check-backups.ts';
import { checkConfiguration } from './check-configuration.ts';
import { checkDataFolder } from './check-data-folder.ts';
import { checkIndexServer } from './check-index-server.ts';
import { checkInference } from './check-inference.ts';
import { checkModels } from './check-models.ts';
import { checkPersona, type PersonaCheckDeps } from './check-persona.ts';
import { checkProgram } from './check-program.ts';
import type { Finding } from './finding.ts';

export interface ExamineDeps {
  readonly version: string;
  readonly now: () => Date;
  /** The configuration, or why it cannot be read. */
  readonly configuration: LoadedConfiguration | { readonly invalid: unknown };
  /** The server of the vectors, if the settings name one. */
  readonly openIndexServer: (loaded: LoadedConfiguration) => IndexServer | undefined;
  /** Copies the database of a persona before a repair, and returns the path of the copy. */
  readonly copyDatabase: (loaded: LoadedConfiguration, persona: string) => Promise<string>;
}

export async function* examine(deps: ExamineDeps): AsyncGenerator<Finding> {
  yield* await checkProgram(deps.version);
  const loaded = deps.configuration;
  if ('invalid' in loaded) {
    yield invalidConfiguration(loaded.invalid);
    return;
  }
  yield* checkConfiguration(loaded);
  yield* await checkDataFolder(loaded.paths);
  yield await checkBackups(loaded.paths, loaded.configuration.backup, deps.now());
  yield* checkModels(modelSettings(loaded));
  yield await checkInference(modelSettings(loaded));
  const server = deps.openIndexServer(loaded);
  if (server !== undefined) yield await checkIndexServer(server);
  const parts: PersonaCheckDeps = {
    paths: loaded.paths,
    copyDatabase: (persona) => deps.copyDatabase(loaded, persona),
    hasIndexFile: server === undefined,
  };
  for (const persona of listPersonas(loaded)) yield* await checkPersona(persona, parts);
}

/** Empty where the folder cannot be read, which the check of the data folder tells. */
function listPersonas({ paths }: LoadedConfiguration): string[] {
  try {
    return personaFolders(paths);
  } catch {
    return [];
  }
}

function invalidConfiguration(error: unknown): Finding {
  return {
    subject: 'configuration',
    severity: 'error',
    found: reasonOf(error),
    meaning: 'No command starts until that is mended. The data folder was not looked at.',
    fix: error instanceof MemoryMcpError ? error.hint : undefined,
  };
}
