/**
 * The composition root: creates the parts of the program from a loaded configuration and provides scopes. Only this file
 * chooses concrete drivers. Transports and commands use nothing but what it returns.
 */
import { randomUUID } from 'node:crypto';
import { commandLine } from './config/container.ts';
import type { LoadedConfiguration } from './config/load.ts';
import type { Configuration } from './config/schema.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { MemoryMcpError, reasonOf } from './core/errors.ts';
import { lazily } from './core/lazily.ts';
import type { Logger } from './core/logger.ts';
import { pathExists } from './files/path-exists.ts';
import { modelSettings } from './model/model-settings.ts';
import { openModels } from './model/models.ts';
import type { OpenScope } from './operation/operation.ts';
import { createDiskRoom } from './persona/disk-room.ts';
import { createPersonas } from './persona/personas.ts';
import type { Caller, ServerPlace } from './persona/scope.ts';
import { createWorkspace, type OpenIndex, type Workspace } from './persona/workspace.ts';
import { removeDeletedPersonas } from './personas/delete-persona.ts';
import type { OpenPersonaCollection } from './personas/persona-collection.ts';
import type { RankingParameters } from './scoring/ranking-parameters.ts';
import { checkHealth, type Health } from './service/health.ts';
import { describeCollection, type MigrateFromServerReceipt, migrateFromServer } from './service/migrate-from-server.ts';
import { type MigrateToServerDeps, type MigrateToServerReceipt, migrateToServer } from './service/migrate-to-server.ts';
import { openMemoryStore } from './store/memory-store.ts';
import { openFaissIndex } from './vector/faiss-index.ts';
import { openFlatIndex } from './vector/flat-index.ts';
import { collectionNameOf } from './vector/qdrant/collection-name.ts';
import { createQdrantClient, type QdrantClientDeps } from './vector/qdrant/qdrant-client.ts';
import { openQdrantCollection } from './vector/qdrant/qdrant-collection.ts';
import { openQdrantIndex } from './vector/qdrant/qdrant-index.ts';
import { createQdrantServer } from './vector/qdrant/qdrant-server.ts';
import { removeOwnCollection } from './vector/qdrant/remove-own-collection.ts';
import type { IndexServer } from './vector/vector-index.ts';

export interface AppDeps {
  readonly loaded: LoadedConfiguration;
  /** The current settings, if the configuration is watched. */
  readonly configuration?: () => Configuration;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** A server must stay responsive while another process writes. A command can wait. */
  readonly kind: 'server' | 'command';
  /** Throws for a persona that must not be opened now, because it is being moved here. */
  readonly checkMoved?: ((persona: string) => void) | undefined;
  /** What a benchmark replaces: the models by ones that remember their answers, and constants of the ranking. */
  readonly bench?: {
    readonly openModels: typeof openModels;
    readonly ranking: () => RankingParameters;
  };
}

/** Limits the length of a client's name, which is stored with every memory that it writes. */
const sourceLimit = 100;

export function openApp(deps: AppDeps) {
  const {
    loaded,
    configuration = () => loaded.configuration,
    logger,
    clock = systemClock,
    kind,
    checkMoved,
    bench,
  } = deps;
  const { paths } = loaded;
  const process = randomUUID();
  const moveCommand = commandLine(loaded.environment.container, 'migrate from-original');
  const busyTimeout = kind === 'server' ? 5 : 5_000;

  const backend = openIndexBackend(loaded.configuration, { clock, logger });
  if (kind === 'server') void announceServer(backend, logger);
  const models = (bench?.openModels ?? openModels)({
    settings: modelSettings(loaded),
    clock,
    logger,
    onChange: () => personas.onModelsChanged(),
  });
  const room = createDiskRoom({ paths, logger });
  // What a command that was killed left of a deleted persona. Once is enough.
  const removeDeleted =
    kind === 'server'
      ? lazily(() =>
          removeDeletedPersonas(paths).catch((error: unknown) =>
            logger.warn('what is left of a deleted persona could not be removed', { reason: reasonOf(error) }),
          ),
        )
      : undefined;
  const personas = createPersonas({
    paths,
    clock,
    logger,
    onIdle: async () => {
      await removeDeleted?.();
      await room.keepReserve();
    },
    open: async (persona, where) => {
      const path = where.exists ? where.paths.database : undefined;
      const open = () => openMemoryStore({ path, persona, busyTimeout, moveCommand });
      // A persona that is there must open on a full disk, too, or nothing could be deleted from it.
      const store =
        where.exists && pathExists(where.paths.database) ? await room.with(where.paths, open) : await open();
      return createWorkspace({
        persona,
        ...where,
        store,
        models,
        openIndex: backend.openerFor(persona),
        indexServer: backend.server,
        openStandIn: backend.openStandIn,
        snapshotRule: () => configuration().vector_rebuild,
        room,
        clock,
        logger,
        process,
      });
    },
  });

  function openServerPlace(folder: string): ServerPlace {
    const { client, server, collectionOf, openerFor } = openQdrant(loaded.configuration, clock, patientRequests);
    const reading = { timeZone: configuration().timezone, now: clock.now() };
    const collection = openQdrantCollection({ client, name: collectionOf(folder), reading });
    return { server, collection, open: openerFor(folder) };
  }

  let running = 0;
  let lastCall = clock.monotonic();
  async function counted<Result>(work: () => Promise<Result>): Promise<Result> {
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      lastCall = clock.monotonic();
    }
  }

  function scopeFor(persona: string, { source, readOnly }: Caller): OpenScope {
    const caller = { source: source.slice(0, sourceLimit), readOnly };
    return async ({ effect, creates = false, signal }, work) => {
      if (caller.readOnly && effect !== 'read') {
        throw new MemoryMcpError('forbidden', 'This access is read-only');
      }
      checkMoved?.(persona);
      const inWorkspace = async (workspace: Workspace) => {
        if (workspace.store.readOnly && effect !== 'read') throw readOnlyMount(workspace.paths.folder);
        return work({
          workspace,
          settings: configuration(),
          backups: paths.backups,
          openServerPlace: () => openServerPlace(workspace.persona),
          caller,
          ranking: bench?.ranking(),
          clock,
          logger,
          signal,
        });
      };
      return counted(() => personas.use(persona, creates ? 'write' : 'read', inWorkspace));
    };
  }

  return {
    /** Gives a caller access to a persona. The name is validated when the scope is opened. */
    scopeFor,
    personaNames: (): string[] => personas.names(),
    /** Finds the folder of a persona, whose name may differ by case; undefined if there is none. */
    findPersonaFolder: (persona: string): string | undefined => personas.findFolder(persona),
    openPersonas: (): number => personas.openCount(),
    /** Milliseconds since the last call; 0 while one is running. */
    idleFor: (): number => (running > 0 ? 0 : clock.monotonic() - lastCall),
    /** Copies a persona to Qdrant or from it, whichever index is in use. */
    async migrate(
      direction: 'sqlite-to-qdrant' | 'qdrant-to-sqlite',
      { dryRun, onProgress }: Pick<MigrateToServerDeps, 'dryRun' | 'onProgress'>,
    ): Promise<MigrateToServerReceipt | MigrateFromServerReceipt> {
      const { persona } = loaded.configuration;
      const place = openServerPlace(await personas.use(persona, 'read', async (workspace) => workspace.persona));
      try {
        await place.server.check();
        // A persona is only made where there is something to put into it.
        if (direction === 'qdrant-to-sqlite') await describeCollection(place.collection);
        const effect = direction === 'qdrant-to-sqlite' && !dryRun ? 'write' : 'read';
        return await personas.use(persona, effect, async ({ store }) => {
          const parts = { ...place, store, dryRun, onProgress, clock, logger };
          return direction === 'qdrant-to-sqlite' ? await migrateFromServer(parts) : await migrateToServer(parts);
        });
      } finally {
        place.server.close();
      }
    },
    health(): Promise<Health> {
      const { persona } = loaded.configuration;
      const use = scopeFor(persona, { source: 'health', readOnly: true });
      return checkHealth({
        use: (work) => use({ effect: 'read' }, work),
        checkMoved: () => checkMoved?.(persona),
        logger,
      });
    },
    /** Waits for running calls, writes pending data and closes everything. */
    async close(): Promise<void> {
      // At the same time: a call that waits for a model or a server would otherwise keep its persona open.
      backend.server?.close();
      await Promise.all([models.close(), personas.close()]);
    },
  };
}

export type App = ReturnType<typeof openApp>;

function readOnlyMount(folder: string): MemoryMcpError {
  return new MemoryMcpError('backend_unavailable', `${folder} is on a read-only file system; nothing was changed`, {
    hint: 'Mount the data folder writable to store memories. Reading still works.',
  });
}

/** Where the vector indexes of this process come from. */
interface IndexBackend {
  openerFor(persona: string): OpenIndex;
  readonly server?: IndexServer | undefined;
  /** For when the server is of no use. */
  readonly openStandIn?: OpenIndex | undefined;
}

/** The indexes that the settings name. Where FAISS cannot be had, the flat index gives the same answers, after one warning. */
function openIndexBackend(settings: Configuration, { clock, logger }: { clock: Clock; logger: Logger }): IndexBackend {
  const openFlat: OpenIndex = (space, snapshot) => openFlatIndex({ space, snapshot, logger });
  if (settings.storage_backend === 'sqlite') return { openerFor: () => openFlat };
  if (settings.storage_backend === 'qdrant') {
    return { ...openQdrant(settings, clock), openStandIn: (space) => openFlatIndex({ space, logger }) };
  }
  let warned = false;
  const openFaiss: OpenIndex = async (space, snapshot) => {
    try {
      return await openFaissIndex({ space, snapshot, logger });
    } catch (error) {
      if (!(error instanceof MemoryMcpError) || error.code !== 'backend_unavailable') throw error;
      if (!warned) {
        logger.warn(
          `${error.message}. The flat index is used instead, with the same file and exact results. ${error.hint ?? ''}`,
        );
      }
      warned = true;
      return openFlat(space, snapshot);
    }
  };
  return { openerFor: () => openFaiss };
}

/** The collections of personas, where the settings name a server; for commands that rename or delete personas. */
export function openPersonaCollections({ configuration }: LoadedConfiguration): OpenPersonaCollection {
  if (configuration.storage_backend !== 'qdrant') return () => undefined;
  const { client, collectionOf } = openQdrant(configuration, systemClock);
  return (persona) => {
    const name = collectionOf(persona);
    return {
      title: `the collection "${name}" in ${client.name}`,
      removeOf: (storeId) => removeOwnCollection(client, name, storeId),
    };
  };
}

/** The server of the vectors that the settings name, for a command that only asks whether it answers. */
export function createIndexServer({ configuration }: LoadedConfiguration): IndexServer | undefined {
  return configuration.storage_backend === 'qdrant' ? openQdrant(configuration, systemClock).server : undefined;
}

/** A command may wait until the server is there again; a search may not. */
const patientRequests = { attempts: 8, cooldownMilliseconds: 0 };

/** Everything of Qdrant that the settings name, for all personas. */
function openQdrant(
  settings: Configuration,
  clock: Clock,
  requests: Pick<QdrantClientDeps, 'attempts' | 'cooldownMilliseconds'> = {},
) {
  const client = createQdrantClient({
    url: settings.qdrant_url,
    apiKey: settings.qdrant_api_key,
    clock,
    ...requests,
  });
  const collectionOf = (persona: string) => collectionNameOf(settings.qdrant_collection_prefix, persona);
  return {
    client,
    server: createQdrantServer(client),
    collectionOf,
    openerFor:
      (persona: string): OpenIndex =>
      (space, place) =>
        openQdrantIndex({ space, place, collection: collectionOf(persona), client, clock }),
  };
}

/** Says at the start what the first search would otherwise find out. */
async function announceServer({ server }: IndexBackend, logger: Logger): Promise<void> {
  if (server === undefined) return;
  try {
    await server.check();
    logger.info(`vectors are searched in ${server.name}`);
  } catch (error) {
    const hint = error instanceof MemoryMcpError ? error.hint : undefined;
    logger.warn(`${reasonOf(error)}. Until that changes, searches do without it. ${hint ?? ''}`.trim());
  }
}
