/**
 * Workspace: one open persona. It holds the truth and what is derived from it, and is the only road between the two.
 * A persona that does not exist yet has a workspace in memory that answers empty.
 */
import type { PersonaPaths } from '../config/paths.ts';
import type { Clock } from '../core/clock.ts';
import { reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { VectorSpace } from '../core/vector.ts';
import type { Embedder } from '../model/embedder.ts';
import type { Reranker } from '../model/reranker.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import type { SnapshotPlace, VectorIndex } from '../vector/vector-index.ts';
import { type Activity, createActivity } from './activity.ts';
import { createEmbeddingScheduler, type EmbeddingScheduler } from './embedding-scheduler.ts';
import { createIndexSync, type IndexSync, type SnapshotRule } from './index-sync.ts';
import { createModelEvaluation, type ModelEvaluation } from './model-evaluation.ts';
import { createVectorSample, type VectorSample } from './vector-sample.ts';

export interface Workspace {
  readonly persona: string;
  readonly paths: PersonaPaths;
  /** False for a persona that does not exist yet: its store lives in memory and nothing of it is ever written. */
  readonly exists: boolean;
  readonly store: MemoryStore;
  readonly activity: Activity;
  readonly models: WorkspaceModels;
  /** The model whose space searches use at the moment. */
  servingEmbedder(): Embedder;
  readonly indexSync: IndexSync;
  readonly vectorSample: VectorSample;
  readonly modelEvaluation: ModelEvaluation;
  readonly embeddingScheduler: EmbeddingScheduler;
  /** Removes what a permanent deletion leaves in files. Answers with the names of what still holds traces. */
  finishErasure(): Promise<readonly string[]>;
  /** Does what was put off, after so many milliseconds without a call. True when nothing is left to do. */
  settle(idleMilliseconds: number): Promise<boolean>;
  close(): Promise<void>;
}

/** The models that all personas of a process share. */
export interface WorkspaceModels {
  readonly embedder: Embedder;
  readonly reranker: Reranker;
  /** Begins to load what will soon be needed. */
  warm(): void;
  /** An embedder for vectors of an older space, where its model is still on this machine. */
  embedderFor(spaceId: string): Embedder | undefined;
}

export interface WorkspaceDeps {
  readonly persona: string;
  readonly paths: PersonaPaths;
  readonly exists: boolean;
  readonly store: MemoryStore;
  readonly models: WorkspaceModels;
  readonly openIndex: (space: VectorSpace, snapshot: SnapshotPlace) => Promise<VectorIndex>;
  readonly snapshotRule: () => SnapshotRule;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly process: string;
}

export function createWorkspace(parts: WorkspaceDeps): Workspace {
  const { persona, paths, exists, store, models, clock, logger, process } = parts;
  const activity = createActivity({ store, clock, process });
  const indexSync = createIndexSync({
    store,
    open: parts.openIndex,
    file: paths.vectorIndex,
    rule: parts.snapshotRule,
    clock,
    logger,
    onDamaged: () => embeddingScheduler.drain(),
  });
  const embeddingScheduler = createEmbeddingScheduler({
    store,
    embedder: models.embedder,
    serving: servingEmbedder,
    holder: process,
    clock,
    logger,
  });
  const modelEvaluation = createModelEvaluation({ store, logger });
  let closed: Promise<void> | undefined;

  function servingEmbedder(): Embedder {
    const current = store.vectors.currentSpace();
    const { embedder } = models;
    // A model that is not here yet has no space either, and an older one may serve until it comes.
    if (current === undefined || embedder.status().state === 'off' || embedder.space()?.id === current.id)
      return embedder;
    return models.embedderFor(current.id) ?? embedder;
  }

  async function finishErasure(): Promise<readonly string[]> {
    await indexSync.upToDate();
    const remaining = [
      ...((await indexSync.snapshot('now')) ? [] : ['vector_store/index.faiss']),
      ...((await store.erasure.removeTraces()) ? [] : ['memory.sqlite', 'memory.sqlite-wal']),
    ];
    if (remaining.length === 0) await store.erasure.complete();
    return remaining;
  }

  async function settle(idleMilliseconds: number): Promise<boolean> {
    if (!exists) return true;
    await activity.flush();
    embeddingScheduler.drain();
    void modelEvaluation.ensure(models.embedder);
    const erased = !store.erasure.pending() || (await finishErasure()).length === 0;
    const snapshotDone = await indexSync.snapshot({ idle: idleMilliseconds });
    return erased && snapshotDone && embeddingScheduler.done();
  }

  async function close(): Promise<void> {
    try {
      await Promise.all([embeddingScheduler.close(), modelEvaluation.close()]);
      if (exists) {
        await activity.flush();
        if (store.erasure.pending()) await finishErasure();
        await indexSync.snapshot('now');
      }
    } catch (error) {
      // All of this can be done at the next start; the memories themselves are safe.
      logger.warn('closing a persona left work for the next start', { persona, reason: reasonOf(error) });
    } finally {
      await indexSync.close();
      store.close();
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
    vectorSample: createVectorSample(store),
    modelEvaluation,
    embeddingScheduler,
    finishErasure,
    settle,
    close() {
      closed ??= close();
      return closed;
    },
  };
}
