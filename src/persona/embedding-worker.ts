/**
 * Embeds the queue of one workspace: the memories without a vector in the space of the configured model. A lease lets
 * only one process work at a time. When the queue is empty, searches switch to that space and older spaces are removed.
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
  /** The model of the space that searches use. Differs from `embedder` only while the spaces differ. */
  readonly serving: () => Embedder;
  /** Identifies this process to the others that share the store. */
  readonly holder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface EmbeddingWorkerDeps extends EmbeddingDeps {
  /** Stops the worker permanently. */
  readonly signal: AbortSignal;
  /** The scheduler's own attempt to embed the memory, while it runs. */
  readonly inFlight: (id: MemoryId) => Promise<unknown> | undefined;
}

const leaseName = 'embedding';
/** How long other processes wait after the holder was killed. A running holder renews well before. */
const leaseMilliseconds = 4_000;
const batchLength = 16;
const removedPerStep = 500;

export function createEmbeddingWorker(deps: EmbeddingWorkerDeps) {
  const { store, embedder, serving, holder, clock, logger, signal, inFlight } = deps;
  let working: Promise<void> | undefined;
  let startAgain = false;
  /** State of the store when the queue was last found empty. */
  let emptyRevision = '';
  /** The space to which this process has already switched the persona. */
  let switchedTo: string | undefined;
  let warned = false;

  function start(): void {
    if (signal.aborted) return;
    if (working !== undefined) {
      startAgain = true;
      return;
    }
    working = work()
      .catch((error: unknown) => {
        if (!signal.aborted) logger.warn('embedding the queued memories failed', { reason: reasonOf(error) });
      })
      .finally(() => {
        working = undefined;
        if (startAgain) start();
      });
    startAgain = false;
  }

  /**
   * The model to embed with: the configured one. If another process has since switched the persona to its model, that
   * one: two processes with different settings would otherwise re-embed everything in turns.
   */
  function targetEmbedder(): Embedder {
    return isSuperseded() ? serving() : embedder;
  }

  function isSuperseded(): boolean {
    const own = embedder.space()?.id;
    const current = store.vectors.currentSpace()?.id;
    return own !== undefined && own === switchedTo && current !== undefined && current !== own;
  }

  function warnIfSuperseded(): void {
    if (warned || !isSuperseded()) return;
    warned = true;
    const { model } = embedder.status();
    logger.warn(
      `Another server has switched this persona from the model ${model} to a different one, which this server now uses too. ` +
        'Use the same embedding settings on all servers of a persona.',
      { space: store.vectors.currentSpace()?.id },
    );
  }

  async function work(): Promise<void> {
    if (embedder.status().state === 'off') return;
    warnIfSuperseded();
    if (!hasWork()) return;
    const model = targetEmbedder();
    const space = await loadSpace(model);
    if (space === undefined || signal.aborted || !(await acquireLease())) return;
    let held = true;
    const renewal = setInterval(() => {
      acquireLease().then(
        (still) => {
          held = still;
        },
        () => {},
      );
    }, leaseMilliseconds / 4).unref();
    try {
      const mayGoOn = () => held && !signal.aborted;
      while (mayGoOn() && (await embedBatch(model, space, mayGoOn)));
      if (mayGoOn() && model === embedder && !hasQueued(space)) await switchTo(space);
    } finally {
      clearInterval(renewal);
      await store.queue.release(leaseName, holder);
    }
  }

  /** Acquires the lease, or renews it. */
  const acquireLease = () => store.queue.lease(leaseName, holder, clock.now().getTime(), leaseMilliseconds);
  const hasQueued = (space: VectorSpace) => store.queue.next(space.id, 1).length > 0;

  function hasWork(): boolean {
    const model = targetEmbedder();
    const space = model.space();
    if (space === undefined) return store.memories.count({ deleted: 'exclude' }) > 0;
    const current = store.vectors.currentSpace()?.id;
    // Superseded by a model that is not on this machine.
    if (space.id === switchedTo && current !== undefined && current !== space.id) return false;
    const revision = `${space.id} ${current} ${store.queue.revision()}`;
    if (revision === emptyRevision) return false;
    if (hasQueued(space) || (model === embedder && !isSwitched(space))) return true;
    emptyRevision = revision;
    return false;
  }

  /** True if searches use the space and no other space is left, or if there are no vectors yet. */
  function isSwitched(space: VectorSpace): boolean {
    const current = store.vectors.currentSpace()?.id;
    if (current === undefined || switchedTo === space.id) return true;
    if (current !== space.id || store.vectors.hasOtherSpaces(space)) return false;
    switchedTo = space.id;
    return true;
  }

  /** The space of a model. Embeds a word first if necessary, which loads the model: only a loaded one knows its space. */
  async function loadSpace(model: Embedder): Promise<VectorSpace | undefined> {
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

  /** False when nothing is left that can be embedded now. */
  async function embedBatch(model: Embedder, space: VectorSpace, mayGoOn: () => boolean): Promise<boolean> {
    const batch = store.queue.next(space.id, batchLength);
    const together = await embedTogether(model, batch, space);
    for (const memory of batch) {
      await inFlight(memory.id);
      if (!mayGoOn() || model.space()?.id !== space.id) return false;
      if (store.vectors.ofMemories([memory.id], space).length > 0) continue;
      const document = together.get(memory.id) ?? (await embed(model, memory, space));
      if (document === 'unavailable') return false;
      // `put` stores nothing if the text has changed in the meantime. The next batch has the new text.
      if (document !== 'failed') await store.vectors.put(memory, space, document.vectors);
    }
    return batch.length > 0;
  }

  /** The vectors of all, where the model takes batches. Without them, each memory is embedded on its own. */
  async function embedTogether(
    model: Embedder,
    batch: readonly QueuedMemory[],
    space: VectorSpace,
  ): Promise<Map<MemoryId, DocumentVectors>> {
    const wanted = batch.filter(({ id }) => store.vectors.ofMemories([id], space).length === 0);
    if (wanted.length < 2) return new Map();
    try {
      const texts = wanted.map(({ content }) => content);
      const documents = (await model.embedTogether(texts, { priority: 'background', signal })) ?? [];
      const vectors = new Map<MemoryId, DocumentVectors>();
      for (const [index, document] of documents.entries()) {
        const memory = wanted[index];
        if (memory !== undefined) vectors.set(memory.id, document);
      }
      return vectors;
    } catch (error) {
      if (!signal.aborted) logger.debug('embedding memories together failed', { reason: reasonOf(error) });
      return new Map();
    }
  }

  async function embed(
    model: Embedder,
    memory: QueuedMemory,
    space: VectorSpace,
  ): Promise<DocumentVectors | 'unavailable' | 'failed'> {
    try {
      return await model.embedDocument(memory.content, { priority: 'background', signal });
    } catch (error) {
      // An unavailable model is not the memory's fault. Any other error counts as a failed attempt.
      if (signal.aborted || isUnavailable(error)) return 'unavailable';
      await store.queue.fail(memory.id, space.id, reasonOf(error), clock.now().toISOString());
      return 'failed';
    }
  }

  /** Switches searches to the complete space, then removes the rows of older spaces in small steps. */
  async function switchTo(space: VectorSpace): Promise<void> {
    const current = store.vectors.currentSpace()?.id;
    if (current !== undefined && current !== space.id) await store.vectors.switchTo(space);
    // Each step blocks the event loop briefly, so yield between steps.
    while (!signal.aborted && (await store.vectors.dropOtherSpaces([space.id], removedPerStep)) > 0) await nextTurn();
    if (!signal.aborted) switchedTo = space.id;
  }

  return {
    /** Starts a run in the background, or another one after the current run. */
    start,
    /** True if no queued memory can be embedded now. */
    isDone: (): boolean => working === undefined && (targetEmbedder().status().state !== 'ready' || !hasWork()),
    /** The space of new vectors, once it is known. */
    space: (): VectorSpace | undefined => targetEmbedder().space(),
    /** Resolves when the current run has ended. */
    whenStopped: async (): Promise<void> => {
      await working;
    },
  };
}

export type EmbeddingWorker = ReturnType<typeof createEmbeddingWorker>;

function isUnavailable(error: unknown): boolean {
  return error instanceof MemoryMcpError && error.code === 'model_unavailable';
}
