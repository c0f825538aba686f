/** What can go wrong between this process and Qdrant. Every one is a `backend_unavailable`: the memories are elsewhere. */
import { MemoryMcpError } from '../../core/errors.ts';

/** `away`: it may come back by itself. `missing`: the collection is not there. `refused`: the request is wrong. */
export type QdrantFailure = 'away' | 'address' | 'key' | 'missing' | 'exists' | 'full' | 'refused';

export class QdrantError extends MemoryMcpError {
  readonly failure: QdrantFailure;

  constructor(failure: QdrantFailure, message: string, details: { hint?: string | undefined; cause?: unknown } = {}) {
    super('backend_unavailable', message, details);
    this.failure = failure;
  }
}

export function isFailure(error: unknown, failure: QdrantFailure): boolean {
  return error instanceof QdrantError && error.failure === failure;
}
