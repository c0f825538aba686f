/**
 * Schedules the embedding of one workspace's memories: at once if a loaded model answers in time, otherwise through the
 * queue. The queue is derived from the store (every memory without a vector is in it), so it survives a crash.
 */

import { reasonOf } from '../core/errors.ts';
import type { Memory, MemoryId } from '../core/memory.ts';
import { withinTime } from '../core/time/within-time.ts';
import type { Embedder } from '../model/embedder.ts';
import { createEmbeddingWorker, type EmbeddingDeps } from './embedding-worker.ts';

export type VectorReceipt =
  | { readonly vector: 'indexed' | 'queued' | 'off' }
  | { readonly vector: 'partial'; readonly embedded_characters: number };

/** How long a write waits for its vector. */
const writeWaitMilliseconds = 150;

export function createEmbeddingScheduler(deps: EmbeddingDeps) {
  const { store, embedder, serving, logger } = deps;
  const stop = new AbortController();
  const inFlight = new Map<MemoryId, Promise<VectorReceipt>>();
  const worker = createEmbeddingWorker({ ...deps, signal: stop.signal, inFlight: (id) => inFlight.get(id) });

  async function embed(memory: Memory): Promise<VectorReceipt> {
    if (embedder.status().state === 'off') return { vector: 'off' };
    const current = serving();
    if (current.status().state !== 'ready') {
      worker.start();
      return { vector: 'queued' };
    }
    const embedding = embedNow(memory, current);
    inFlight.set(memory.id, embedding);
    void embedding.then(() => {
      if (inFlight.get(memory.id) === embedding) inFlight.delete(memory.id);
    });
    const inTime = await withinTime(embedding, writeWaitMilliseconds);
    if (inTime === undefined || inTime.vector === 'queued') worker.start();
    return inTime ?? { vector: 'queued' };
  }

  async function embedNow(memory: Memory, current: Embedder): Promise<VectorReceipt> {
    try {
      const document = await current.embedDocument(memory.content, { priority: 'interactive', signal: stop.signal });
      const space = current.space();
      // `put` stores nothing if the text has changed in the meantime.
      if (space === undefined || !(await store.vectors.put(memory, space, document.vectors))) {
        return { vector: 'queued' };
      }
      const { embeddedCharacters } = document;
      if (embeddedCharacters === memory.content.length) return { vector: 'indexed' };
      return { vector: 'partial', embedded_characters: embeddedCharacters };
    } catch (error) {
      logger.debug('could not embed a new memory at once, so it is queued', {
        key: memory.key,
        reason: reasonOf(error),
      });
      return { vector: 'queued' };
    }
  }

  return {
    /** Embeds a new text if the model answers in time; otherwise the worker embeds it later. */
    embed,
    /** Whether a memory has its vector. */
    stateOf(memory: Memory): VectorReceipt {
      if (embedder.status().state === 'off') return { vector: 'off' };
      const space = store.vectors.currentSpace();
      const stored = space === undefined ? [] : store.vectors.ofMemories([memory.id], space);
      return { vector: stored.length > 0 ? 'indexed' : 'queued' };
    },
    /** Starts to embed the queue in the background, if a model is available. */
    drain: worker.start,
    /** True if no queued memory can be embedded now. */
    isDone: worker.isDone,
    /** The space of new vectors, once it is known. */
    space: worker.space,
    /** Stops after the current memory and releases the lease. */
    async close(): Promise<void> {
      stop.abort();
      await Promise.all([worker.whenStopped(), ...inFlight.values()]);
    },
  };
}

export type EmbeddingScheduler = ReturnType<typeof createEmbeddingScheduler>;
