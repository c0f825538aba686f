/**
 * VectorWriter: gives the memories of one workspace their vectors, at once where a warm model answers in time, else
 * from the queue. The queue is the store itself: what has no vector is in it, whatever becomes of this process.
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

export function createEmbeddingScheduler(parts: EmbeddingDeps) {
  const { store, embedder, serving, logger } = parts;
  const stop = new AbortController();
  const inFlight = new Map<MemoryId, Promise<VectorReceipt>>();
  const worker = createEmbeddingWorker({ ...parts, signal: stop.signal, inFlight: (id) => inFlight.get(id) });

  async function write(memory: Memory): Promise<VectorReceipt> {
    if (embedder.status().state === 'off') return { vector: 'off' };
    const present = serving();
    if (present.status().state !== 'ready') {
      worker.start();
      return { vector: 'queued' };
    }
    const embedding = embedNow(memory, present);
    inFlight.set(memory.id, embedding);
    void embedding.then(() => {
      if (inFlight.get(memory.id) === embedding) inFlight.delete(memory.id);
    });
    const inTime = await withinTime(embedding, writeWaitMilliseconds);
    if (inTime === undefined || inTime.vector === 'queued') worker.start();
    return inTime ?? { vector: 'queued' };
  }

  async function embedNow(memory: Memory, present: Embedder): Promise<VectorReceipt> {
    try {
      const document = await present.embedDocument(memory.content, { priority: 'interactive', signal: stop.signal });
      const space = present.space();
      // Nothing is stored if the text has changed since it was asked for.
      if (space === undefined || !(await store.vectors.put(memory, space, document.vectors))) {
        return { vector: 'queued' };
      }
      const { embeddedCharacters } = document;
      if (embeddedCharacters === memory.content.length) return { vector: 'indexed' };
      return { vector: 'partial', embedded_characters: embeddedCharacters };
    } catch (error) {
      logger.debug('a new memory goes to the queue', { key: memory.key, reason: reasonOf(error) });
      return { vector: 'queued' };
    }
  }

  return {
    /** Embeds a new text if the model answers in time; otherwise it stays in the queue and follows by itself. */
    write,
    /** Whether a memory has its vector. */
    state(memory: Memory): VectorReceipt {
      if (embedder.status().state === 'off') return { vector: 'off' };
      const space = store.vectors.currentSpace();
      const stored = space === undefined ? [] : store.vectors.ofMemories([memory.id], space);
      return { vector: stored.length > 0 ? 'indexed' : 'queued' };
    },
    /** Starts working off the queue, if there is one and a model that can. Returns at once. */
    drain: worker.start,
    /** True if nothing waits that could be embedded now. */
    done: worker.done,
    /** The space that memories get vectors of, once it is known. */
    space: worker.space,
    /** Stops after the memory in hand and gives the lease back. */
    async close(): Promise<void> {
      stop.abort();
      await Promise.all([worker.ended(), ...inFlight.values()]);
    },
  };
}

export type EmbeddingScheduler = ReturnType<typeof createEmbeddingScheduler>;
