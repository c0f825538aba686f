/**
 * The composition root: opens the program's parts from a loaded configuration and hands out scopes. The only file that
 * names concrete drivers; transports and commands see nothing but what it returns.
 */
import { randomUUID } from 'node:crypto';
import type { LoadedConfiguration } from './config/load.ts';
import { type Clock, systemClock } from './core/clock.ts';
import type { Logger } from './core/logger.ts';
import { offEmbedder } from './model/off-embedder.ts';
import type { OpenScope } from './operation/operation.ts';
import { createPersonas } from './persona/personas.ts';
import { createWorkspace } from './persona/workspace.ts';
import type { Caller } from './service/scope.ts';
import { openMemoryStore } from './store/sqlite-memory-store.ts';
import { openFlatIndex } from './vector/flat-index.ts';

export interface AppParts {
  readonly loaded: LoadedConfiguration;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Servers must stay responsive while another process writes; a command may simply wait. */
  readonly kind: 'server' | 'command';
}

export interface App {
  /** How one caller reaches one persona. The name is checked when the scope is opened. */
  scopeFor(persona: string, caller: Caller): OpenScope;
  personaNames(): string[];
  /** Finishes what runs, writes what was put off, closes everything. */
  close(): Promise<void>;
}

export function openApp({ loaded, logger, clock = systemClock, kind }: AppParts): App {
  const { configuration, paths } = loaded;
  const process = randomUUID();
  const busyTimeout = kind === 'server' ? 1_000 : 5_000;

  const personas = createPersonas({
    paths,
    clock,
    logger,
    open: async (persona, where) => {
      const store = await openMemoryStore({
        path: where.exists ? where.paths.database : undefined,
        persona,
        busyTimeout,
      });
      return createWorkspace({
        persona,
        ...where,
        store,
        embedder: offEmbedder,
        openIndex: (space, snapshot) => openFlatIndex({ space, snapshot, logger }),
        snapshotRule: () => configuration.vector_rebuild,
        clock,
        logger,
        process,
      });
    },
  });

  return {
    scopeFor: (persona, caller) => (effect, work) =>
      personas.use(persona, effect === 'read' ? 'read' : 'write', (workspace) =>
        work({ workspace, settings: configuration, backups: paths.backups, caller, clock, logger }),
      ),
    personaNames: () => personas.names(),
    close: () => personas.close(),
  };
}
