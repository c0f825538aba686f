/**
 * What a hook works with: a persona's store opened for queries alone, the settings, and which memories it may show. It
 * creates nothing and starts no model.
 */
import type { LoadedConfiguration } from '../config/load.ts';
import { findPersonaFolder, type PersonaPaths, personaPaths } from '../config/paths.ts';
import type { Configuration } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { MemoryMcpError } from '../core/errors.ts';
import { isImported, type Memory } from '../core/memory.ts';
import { pathExists } from '../files/path-exists.ts';
import { type ModelSettings, modelSettings } from '../model/model-settings.ts';
import { type MemoryStore, openStoreForQueries } from '../store/memory-store.ts';
import { type Project, projectOf } from './project.ts';

export interface HookScope {
  readonly persona: string;
  readonly workspace: { readonly store: MemoryStore; readonly paths: PersonaPaths };
  readonly settings: Configuration;
  /** Where vectors of the store's model could come from. */
  readonly models: ModelSettings;
  readonly clock: Clock;
  /** Undefined outside of a git repository, or if the setting is off. */
  readonly project: Project | undefined;
  readonly allowed: (memory: Memory) => boolean;
}

/** How long one read may wait for a lock, in milliseconds. */
const lockPatience = 200;

/** Throws `not_found` if the persona has no memories. The caller closes the store. */
export async function openHookScope(
  loaded: LoadedConfiguration,
  { directory, clock }: { directory: string | undefined; clock: Clock },
): Promise<HookScope> {
  const { configuration: settings, paths } = loaded;
  const persona = pathExists(paths.memory) ? findPersonaFolder(paths, settings.persona) : undefined;
  if (persona === undefined) throw new MemoryMcpError('not_found', `Persona "${settings.persona}" has no memories yet`);
  const place = personaPaths(paths, persona);
  const store = await openStoreForQueries({ path: place.database, persona, busyTimeout: lockPatience });
  return {
    persona,
    workspace: { store, paths: place },
    settings,
    models: modelSettings(loaded),
    clock,
    project: settings.hooks.project_tag && directory !== undefined ? projectOf(directory) : undefined,
    allowed: ({ source }) => settings.hooks.imported_memories || !isImported(source),
  };
}
