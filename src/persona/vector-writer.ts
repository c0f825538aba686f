/**
 * VectorWriter: gives the memories of one workspace their vectors, at once where a warm model answers in time, else
 * from the queue. The queue is the store itself, and a lease lets one process at a time work it off.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Memory } from '../core/memory.ts';
import type { VectorSpace } from '../core/vector.ts';
import type { DocumentVectors, Embedder } from '../model/embedder.ts';
import type { MemoryStore } from '../store/memory-store.ts';

export type VectorReceipt =
  | { readonly vector: 'indexed' | 'queued' | 'off' }
  | { readonly vector: 'partial'; readonly embedded_characters: number };

export interface VectorWriter {
  /** Embeds a new text if the model answers in time; otherwise it stays in the queue and follows by itself. */
  write(memory: Memory): Promise<VectorReceipt>;
  /** Whether a memory has its vector. */
  state(memory: Memory): VectorReceipt;
  /** Starts working off the queue, if there is one and a model that can. Returns at once. */
  drain(): void;
  /** True if nothing waits that the configured model could embed now. */
  done(): boolean;
  /** Stops after the memory in hand and gives the lease back. */
  close(): Promise<void>;
}

export interface VectorWriterParts {
  readonly store: MemoryStore;
  /** The configured model: the one that the queue is worked off with. */
  readonly embedder: Embedder;
  /** The model whose space searches use at the moment; another one only while the spaces are being changed. */
  readonly serving: () => Embedder;
  /** Names this process to the others that share the store. */
  readonly holder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a write waits for its vector. */
const writeWaitMilliseconds = 150;
const leaseName = 'embedding';
const leaseMilliseconds = 30_000;
const batchLength = 16;
const removedPerStep = 500;

export function createVectorWriter({
  store,
  embedder,
  serving,
  holder,
  clock,
  logger,
}: VectorWriterParts): VectorWriter {
  const stop = new AbortController();
  let draining: Promise<void> | undefined;
  let emptyMark = '';

  /** Stores vectors unless the text has changed since they were asked for. */
  async function put(
    memory: { id: number; version: number },
    { vectors }: DocumentVectors,
    space: VectorSpace | undefined,
  ): Promise<boolean> {
    return space === undefined ? false : store.vectors.put(memory, space, vectors);
  }

  async function write(memory: Memory): Promise<VectorReceipt> {
    if (embedder.status().state === 'off') return { vector: 'off' };
    const present = serving();
    if (present.status().state !== 'ready') {
      drain();
      return { vector: 'queued' };
    }
    const landed = present
      .embedDocument(memory.content, { priority: 'interactive', signal: stop.signal })
      .then(async (document): Promise<VectorReceipt> => {
        if (!(await put(memory, document, present.space()))) return { vector: 'queued' };
        const { embeddedCharacters } = document;
        if (embeddedCharacters < memory.content.length)
          return { vector: 'partial', embedded_characters: embeddedCharacters };
        return { vector: 'indexed' };
      })
      .catch((error: unknown): VectorReceipt => {
        logger.debug('a new memory goes to the queue', { key: memory.key, reason: reasonOf(error) });
        return { vector: 'queued' };
      });
    const inTime = await Promise.race([landed, delay(writeWaitMilliseconds, undefined, { ref: false })]);
    if (inTime === undefined || inTime.vector === 'queued') drain();
    return inTime ?? { vector: 'queued' };
  }

  function drain(): void {
    if (draining !== undefined || stop.signal.aborted) return;
    draining = drainAll()
      .catch((error: unknown) => {
        if (!stop.signal.aborted)
          logger.warn('the queue of memories without a vector stands still', { reason: reasonOf(error) });
      })
      .finally(() => {
        draining = undefined;
      });
  }

  async function drainAll(): Promise<void> {
    if (embedder.status().state === 'off' || !hasWork()) return;
    const space = await knownSpace();
    if (space === undefined || stop.signal.aborted) return;
    if (!(await holdLease())) return;
    try {
      while (!stop.signal.aborted && (await drainBatch(space)) && (await holdLease()));
      if (!stop.signal.aborted && store.queue.next(space.id, 1).length === 0) await settleOn(space);
    } finally {
      await store.queue.release(leaseName, holder);
    }
  }

  /** True while a memory waits for a vector in the embedder's space, or another space is still in use. */
  function hasWork(): boolean {
    const space = embedder.space();
    if (space === undefined) return store.memories.count({ deleted: 'exclude' }) > 0;
    const mark = `${space.id} ${store.queue.mark()}`;
    if (mark === emptyMark) return false;
    if (store.queue.next(space.id, 1).length > 0) return true;
    const current = store.vectors.currentSpace();
    if (current !== undefined && current.id !== space.id) return true;
    emptyMark = mark;
    return false;
  }

  /** The embedder's space. Asking for a vector is what makes a model load; what it says is only known afterwards. */
  async function knownSpace(): Promise<VectorSpace | undefined> {
    if (embedder.space() === undefined || embedder.status().state !== 'ready') {
      try {
        await embedder.embedQuery('memory', { priority: 'background', signal: stop.signal });
      } catch (error) {
        if (error instanceof MemoryMcpError && error.code === 'model_unavailable') return undefined;
        throw error;
      }
    }
    return embedder.space();
  }

  const holdLease = () => store.queue.lease(leaseName, holder, clock.now().getTime(), leaseMilliseconds);

  /** False when nothing is left that could be embedded now. */
  async function drainBatch(space: VectorSpace): Promise<boolean> {
    const batch = store.queue.next(space.id, batchLength);
    for (const memory of batch) {
      if (stop.signal.aborted || embedder.space()?.id !== space.id) return false;
      try {
        const document = await embedder.embedDocument(memory.content, { priority: 'background', signal: stop.signal });
        await put(memory, document, space);
      } catch (error) {
        if (stop.signal.aborted) return false;
        // A model that is gone says nothing about this memory; anything else does, and three times is enough.
        if (error instanceof MemoryMcpError && error.code === 'model_unavailable') return false;
        await store.queue.fail(memory.id, space.id, reasonOf(error), clock.now().toISOString());
      }
    }
    return batch.length > 0;
  }

  /** The new space is complete: searches move over at once, and the rows of older spaces go in small steps. */
  async function settleOn(space: VectorSpace): Promise<void> {
    if (store.vectors.currentSpace()?.id !== space.id) await store.vectors.switchTo(space);
    while (!stop.signal.aborted && (await store.vectors.dropOtherSpaces([space.id], removedPerStep)) > 0);
  }

  return {
    write,
    state(memory) {
      if (embedder.status().state === 'off') return { vector: 'off' };
      const space = store.vectors.currentSpace();
      const stored = space === undefined ? [] : store.vectors.ofMemories([memory.id], space);
      return { vector: stored.length > 0 ? 'indexed' : 'queued' };
    },
    drain,
    done: () => draining === undefined && (embedder.status().state !== 'ready' || !hasWork()),
    async close() {
      stop.abort();
      await draining;
    },
  };
}
