/**
 * Batches over stdio, which one version of the protocol has: several messages on one line, answered on one line when all
 * of them have their answer.
 */
import type { JSONRPCMessage } from '@modelcontextprotocol/server';

/** The one version in which a server has to take batches. */
export const batchVersion = '2025-03-26';
/** Each message of a batch may get a long answer, and all of them are kept until the last is there. */
export const longestBatch = 100;

type RequestId = string | number;

interface Batch {
  readonly waiting: Set<RequestId>;
  readonly answers: object[];
}

export function createBatches(write: (answers: readonly object[]) => void) {
  const open = new Map<RequestId, Batch>();

  function finish(batch: Batch): void {
    if (batch.waiting.size === 0 && batch.answers.length > 0) write(batch.answers);
  }

  /** No answer to this request will come, or it has come. */
  function drop(id: RequestId): void {
    const batch = open.get(id);
    if (batch === undefined) return;
    open.delete(id);
    batch.waiting.delete(id);
    finish(batch);
  }

  return {
    /** Expects an answer to each of the ids. `answers` are there already: those to messages that are none. */
    open(ids: readonly RequestId[], answers: readonly object[]): void {
      const batch: Batch = { waiting: new Set(ids), answers: [...answers] };
      for (const id of ids) open.set(id, batch);
      finish(batch);
    },
    /** Keeps an answer back if its request came in a batch. */
    take(id: RequestId, answer: JSONRPCMessage): boolean {
      const batch = open.get(id);
      if (batch === undefined) return false;
      batch.answers.push(answer);
      drop(id);
      return true;
    },
    drop,
  };
}

export type Batches = ReturnType<typeof createBatches>;
