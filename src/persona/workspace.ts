/**
 * Workspace: one open persona. Holds its store and everything derived from it (vectors, index, model quality). A persona
 * that does not exist yet gets an empty workspace in memory.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { PersonaPaths } from '../config/paths.ts';
import type { Clock } from '../core/clock.ts';
import { reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { secondLength } from '../core/time/durations.ts';
import { withinTime } from '../core/time/within-time.ts';
import type { VectorSpace } from '../core/vector.ts';
import { pathExists } from '../files/path-exists.ts';
import { removeLeftovers } from '../files/replace-file.ts';
import type { Embedder } from '../model/embedder.ts';
import type { InferenceStatus } from '../model/inference/inference-client.ts';
import type { Reranker } from '../model/reranker.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import type { IndexServer, StorePlace, VectorIndex } from '../vector/vector-index.ts';
import { type Activity, createActivity } from './activity.ts';
import type { DiskRoom } from './disk-room.ts';
import { createEmbeddingScheduler, type EmbeddingScheduler } from './embedding-scheduler.ts';
import { createIndexSync, type IndexSync, type SnapshotRule } from './index-sync.ts';
import { createModelEvaluation, type ModelEvaluation } from './model-evaluation.ts';
import { createNeighborCoherence, type NeighborCoherence } from './neighbor-coherence.ts';
import { createRerankerEvaluation, type RerankerEvaluation } from './reranker-evaluation.ts';
import { createVectorSample, type VectorSample } from './vector-sample.ts';
import { createVectorSearch, type VectorSearch } from './vector-search.ts';

export interface Workspace {
  readonly persona: string;
  readonly paths: PersonaPaths;
  /** False for a persona that does not exist yet. Its store is in memory and is never written to disk. */
  readonly exists: boolean;
  readonly store: MemoryStore;
  readonly activity: Activity;
  readonly models: WorkspaceModels;
  /** The model of the space that searches use. */
  servingEmbedder(): Embedder;
  readonly indexSync: IndexSync;
  readonly vectorSearch: VectorSearch;
  readonly vectorSample: VectorSample;
  readonly modelEvaluation: ModelEvaluation;
  readonly rerankerEvaluation: RerankerEvaluation;
  readonly neighborCoherence: NeighborCoherence;
  readonly embeddingScheduler: EmbeddingScheduler;
  /** Runs a deletion, with more room each time the disk is full. It must change nothing when it fails. */
  withRoom<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Removes the traces of permanently deleted memories from all files. Returns the files that still contain some. */
  finishErasure(): Promise<readonly string[]>;
  /** Runs deferred work. `idleMilliseconds` is the time since the last call. True when nothing is left to do. */
  runIdleTasks(idleMilliseconds: number): Promise<boolean>;
  close(): Promise<void>;
}

/** The models that all personas of a process share. */
export interface WorkspaceModels {
  readonly embedder: Embedder;
  readonly reranker: Reranker;
  /** Starts to load the models, and to download missing ones. Returns at once. */
  warm(): void;
  /** An embedder for an older space, if its model is still on this machine. */
  embedderFor(spaceId: string): Embedder | undefined;
  /** What runs the models at the moment. */
  inference(): InferenceStatus;
}

/** What a permanent deletion names while the original system's files are kept. */
const setAsideFiles = 'original/';

/** How long a permanent deletion waits for a server. What is left is done later. */
const erasurePatience = 3 * secondLength;

export type OpenIndex = (space: VectorSpace, place: StorePlace) => Promise<VectorIndex>;

export interface WorkspaceDeps {
  readonly persona: string;
  readonly paths: PersonaPaths;
  readonly exists: boolean;
  readonly store: MemoryStore;
  readonly models: WorkspaceModels;
  readonly openIndex: OpenIndex;
  /** Where `openIndex` opens its indexes, unless that is in this process. */
  readonly indexServer?: IndexServer | undefined;
  /** Opens an index in this process, for when the server is of no use. */
  readonly openStandIn?: OpenIndex | undefined;
  readonly snapshotRule: () => SnapshotRule;
  readonly room: DiskRoom;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly process: string;
}

export function createWorkspace(deps: WorkspaceDeps): Workspace {
  const { persona, paths, exists, store, models, indexServer, clock, logger, process } = deps;
  const activity = createActivity({ store, clock, process });
  const syncDeps = {
    store,
    file: paths.vectorIndex,
    rule: deps.snapshotRule,
    clock,
    logger,
    onDamaged: () => embeddingScheduler.drain(),
  };
  const indexSync = createIndexSync({ ...syncDeps, open: deps.openIndex, server: indexServer });
  const standIn = deps.openStandIn && createIndexSync({ ...syncDeps, open: deps.openStandIn });
  const vectorSearch = createVectorSearch({ store, indexSync, server: indexServer, standIn, logger });
  const embeddingScheduler = createEmbeddingScheduler({
    store,
    embedder: models.embedder,
    serving: servingEmbedder,
    holder: process,
    clock,
    logger,
  });
  const modelEvaluation = createModelEvaluation({ store, logger });
  const rerankerEvaluation = createRerankerEvaluation({ reranker: models.reranker, logger });
  let closed: Promise<void> | undefined;

  function servingEmbedder(): Embedder {
    const current = store.vectors.currentSpace();
    const { embedder } = models;
    // A model that is still being downloaded has no space yet. An older one can serve until then.
    if (current === undefined || embedder.status().state === 'off' || embedder.space()?.id === current.id)
      return embedder;
    return models.embedderFor(current.id) ?? embedder;
  }

  const withRoom = <Result>(work: () => Promise<Result>) => deps.room.with(paths, work);

  async function finishErasure(): Promise<readonly string[]> {
    const remaining = [
      ...(await eraseFromIndex()),
      ...((await withRoom(() => store.erasure.removeTraces())) ? [] : ['memory.sqlite', 'memory.sqlite-wal']),
      ...(await removeLeftovers(paths.vectorIndex)).map((name) => `vector_store/${name}`),
      ...(await removeLeftovers(paths.context)),
      // Set aside by a move from the original system. `migrate from-original --finish` removes it.
      ...(existsSync(join(paths.original, basename(paths.database))) ? [setAsideFiles] : []),
    ];
    if (remaining.length === 0) await store.erasure.complete();
    return remaining;
  }

  /** The indexes that still hold what was erased, by name. */
  async function eraseFromIndex(): Promise<readonly string[]> {
    if (indexServer !== undefined) {
      const caughtUp = await withinTime(vectorSearch.catchUp(), erasurePatience);
      return [
        ...(caughtUp === true ? [] : [`the collection in ${indexServer.name}`]),
        ...((await removeUnusedSnapshot()) ? [] : ['vector_store/index.faiss']),
      ];
    }
    await indexSync.upToDate();
    const isClean = (await indexSync.snapshot('now')) || !pathExists(paths.vectorIndex);
    return isClean ? [] : ['vector_store/index.faiss'];
  }

  /** The file of a local index, from before the vectors moved to a server, holds vectors that nothing updates. */
  async function removeUnusedSnapshot(): Promise<boolean> {
    try {
      await rm(paths.vectorIndex, { force: true });
      return true;
    } catch (error) {
      logger.warn('could not remove index.faiss, which is not used any more', { reason: reasonOf(error) });
      return false;
    }
  }

  async function runIdleTasks(idleMilliseconds: number): Promise<boolean> {
    if (!exists) return true;
    await activity.flush();
    embeddingScheduler.drain();
    void modelEvaluation.measureOnce(models.embedder);
    // Files that only a command removes are nothing to come back for.
    const erased =
      !store.erasure.isPending() || (await finishErasure()).every((remaining) => remaining === setAsideFiles);
    const indexDone = await (indexServer === undefined
      ? indexSync.snapshot({ idle: idleMilliseconds })
      : vectorSearch.catchUp());
    return erased && indexDone && embeddingScheduler.isDone();
  }

  async function close(): Promise<void> {
    try {
      await Promise.all([embeddingScheduler.close(), modelEvaluation.close(), rerankerEvaluation.close()]);
      if (exists) {
        await activity.flush();
        if (store.erasure.isPending()) await finishErasure();
        // A server has what it was sent, and gets the rest at the next start.
        if (indexServer === undefined) await indexSync.snapshot('now');
      }
    } catch (error) {
      // All of this can be done at the next start. The memories themselves are safe.
      logger.warn('closing a persona left some work for the next start', { persona, reason: reasonOf(error) });
    } finally {
      await Promise.all([indexSync.close(), standIn?.close()]);
      await store.close();
    }
  }

  return {
    persona,
    paths,
    exists,
    store,
    activity,
    models,
    servingEmbedder,
    indexSync,
    vectorSearch,
    vectorSample: createVectorSample(store),
    neighborCoherence: createNeighborCoherence(store),
    modelEvaluation,
    rerankerEvaluation,
    embeddingScheduler,
    withRoom,
    finishErasure,
    runIdleTasks,
    close() {
      closed ??= close();
      return closed;
    },
  };
}
