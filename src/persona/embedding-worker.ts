/**
 * Works off the queue of one workspace: the memories that have no vector in the space of the configured model. A lease
 * lets one process at a time do it. When nothing is left, searches move to that space and older ones are removed.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { MemoryId } from '../core/memory.ts';
import type { VectorSpace } from '../core/vector.ts';
import type { DocumentVectors, Embedder } from '../model/embedder.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import type { QueuedMemory } from '../store/vector-queue.ts';

/** What both the scheduler and the worker need. */
export interface EmbeddingDeps {
  readonly store: MemoryStore;
  /** The configured model. */
  readonly embedder: Embedder;
  /** The model whose space searches use at the moment; another one only while the spaces differ. */
  readonly serving: () => Embedder;
  /** Names this process to the others that share the store. */
  readonly holder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface EmbeddingWorkerDeps extends EmbeddingDeps {
  /** Aborting it stops the work for good. */
  readonly signal: AbortSignal;
  /** Settles when a memory that is being embedded outside the queue has got its vector or has not. */
  readonly inFlight: (id: MemoryId) => Promise<unknown> | undefined;
}

const leaseName = 'embedding';
/** So long the others wait for a process that was killed; one that lives extends its lease long before. */
const leaseMilliseconds = 4_000;
const batchLength = 16;
const removedPerStep = 500;

export function createEmbeddingWorker(parts: EmbeddingWorkerDeps) {
  const { store, embedder, serving, holder, clock, logger, signal, inFlight } = parts;
  let working: Promise<void> | undefined;
  let askedAgain = false;
  let emptyMark = '';
  /** The space that this process has already moved the persona to. */
  let settledOn: string | undefined;
  let warned = false;

  function start(): void {
    if (signal.aborted) return;
    if (working !== undefined) {
      askedAgain = true;
      return;
    }
    working = work()
      .catch((error: unknown) => {
        if (!signal.aborted)
          logger.warn('the queue of memories without a vector stands still', { reason: reasonOf(error) });
      })
      .finally(() => {
        working = undefined;
        if (askedAgain) start();
      });
    askedAgain = false;
  }

  /**
   * The model that memories are embedded with: the configured one. Where another process has moved the persona on
   * after this one did, its model; two processes with different settings would otherwise take turns for ever.
   */
  function target(): Embedder {
    return superseded() ? serving() : embedder;
  }

  function superseded(): boolean {
    const own = embedder.space()?.id;
    const current = store.vectors.currentSpace()?.id;
    return own !== undefined && own === settledOn && current !== undefined && current !== own;
  }

  function warnIfOvertaken(): void {
    if (warned || !superseded()) return;
    warned = true;
    const { model } = embedder.status();
    logger.warn(
      `Another server has moved this persona from the model ${model} to another one, which is used here as well now. ` +
        'Give all servers of a persona the same embedding settings.',
      { space: store.vectors.currentSpace()?.id },
    );
  }

  async function work(): Promise<void> {
    if (embedder.status().state === 'off') return;
    warnIfOvertaken();
    if (!hasWork()) return;
    const model = target();
    const space = await knownSpace(model);
    if (space === undefined || signal.aborted || !(await holdLease())) return;
    let held = true;
    const extending = setInterval(() => {
      holdLease().then(
        (still) => {
          held = still;
        },
        () => {},
      );
    }, leaseMilliseconds / 4).unref();
    try {
      while (held && !signal.aborted && (await workOffBatch(model, space)));
      if (held && !signal.aborted && model === embedder && !isWaiting(space)) await settleOn(space);
    } finally {
      clearInterval(extending);
      await store.queue.release(leaseName, holder);
    }
  }

  const holdLease = () => store.queue.lease(leaseName, holder, clock.now().getTime(), leaseMilliseconds);
  const isWaiting = (space: VectorSpace) => store.queue.next(space.id, 1).length > 0;

  function hasWork(): boolean {
    const model = target();
    const space = model.space();
    if (space === undefined) return store.memories.count({ deleted: 'exclude' }) > 0;
    const current = store.vectors.currentSpace()?.id;
    // Overtaken by a model that is not on this machine: nothing to be done here.
    if (space.id === settledOn && current !== undefined && current !== space.id) return false;
    const mark = `${space.id} ${current} ${store.queue.mark()}`;
    if (mark === emptyMark) return false;
    if (isWaiting(space) || (model === embedder && !isSettled(space))) return true;
    emptyMark = mark;
    return false;
  }

  /** True if searches use the space and there is no other. Where nothing has a vector yet there is nothing to do. */
  function isSettled(space: VectorSpace): boolean {
    const current = store.vectors.currentSpace()?.id;
    if (current === undefined || settledOn === space.id) return true;
    if (current !== space.id || store.vectors.hasOtherSpaces(space)) return false;
    settledOn = space.id;
    return true;
  }

  /** The space of a model. Asking for a vector is what makes it load; what it says is only known afterwards. */
  async function knownSpace(model: Embedder): Promise<VectorSpace | undefined> {
    if (model.space() === undefined || model.status().state !== 'ready') {
      try {
        await model.embedQuery('memory', { priority: 'background', signal });
      } catch (error) {
        if (isUnavailable(error)) return undefined;
        throw error;
      }
    }
    return model.space();
  }

  /** False when nothing is left that could be embedded now. */
  async function workOffBatch(model: Embedder, space: VectorSpace): Promise<boolean> {
    const batch = store.queue.next(space.id, batchLength);
    for (const memory of batch) {
      await inFlight(memory.id);
      if (signal.aborted || model.space()?.id !== space.id) return false;
      if (store.vectors.ofMemories([memory.id], space).length > 0) continue;
      const document = await embed(model, memory, space);
      if (document === 'unavailable') return false;
      // Nothing is stored if the text has changed meanwhile: it is in the next batch as it is now.
      if (document !== 'failed') await store.vectors.put(memory, space, document.vectors);
    }
    return batch.length > 0;
  }

  async function embed(
    model: Embedder,
    memory: QueuedMemory,
    space: VectorSpace,
  ): Promise<DocumentVectors | 'unavailable' | 'failed'> {
    try {
      return await model.embedDocument(memory.content, { priority: 'background', signal });
    } catch (error) {
      // A model that is gone says nothing about this memory; anything else does, and three times is enough.
      if (signal.aborted || isUnavailable(error)) return 'unavailable';
      await store.queue.fail(memory.id, space.id, reasonOf(error), clock.now().toISOString());
      return 'failed';
    }
  }

  /** The space is complete: searches move over at once, and the rows of older spaces go in small steps. */
  async function settleOn(space: VectorSpace): Promise<void> {
    const current = store.vectors.currentSpace()?.id;
    if (current !== undefined && current !== space.id) await store.vectors.switchTo(space);
    // Each step blocks for a moment; between two of them whoever waits must get a turn.
    while (!signal.aborted && (await store.vectors.dropOtherSpaces([space.id], removedPerStep)) > 0) await nextTurn();
    if (!signal.aborted) settledOn = space.id;
  }

  return {
    /** Begins to work, or looks once more when it has ended. Returns at once. */
    start,
    /** True if nothing waits that could be embedded now. */
    done: (): boolean => working === undefined && (target().status().state !== 'ready' || !hasWork()),
    /** The space that memories get vectors of, once it is known. */
    space: (): VectorSpace | undefined => target().space(),
    /** Resolves when it does not work any more. */
    ended: async (): Promise<void> => {
      await working;
    },
  };
}

export type EmbeddingWorker = ReturnType<typeof createEmbeddingWorker>;

function isUnavailable(error: unknown): boolean {
  return error instanceof MemoryMcpError && error.code === 'model_unavailable';
}
