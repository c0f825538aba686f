/**
 * The requests of a driver that have no answer yet. A request leaves when it is answered, fails or is no longer wanted.
 */
import type { InferenceOptions } from './inference-client.ts';
import type { InferencePriority, InferenceWork } from './inference-protocol.ts';
import type { Answer } from './inference-runner.ts';

export interface PendingRequest {
  readonly id: number;
  readonly priority: InferencePriority;
  readonly from: number;
  readonly work: InferenceWork;
  /** How often a process ended that may have failed because of it. */
  crashes: number;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export interface PendingRequestsDeps {
  /** Called for a request that its caller no longer wants. */
  readonly onAbort: (id: number) => void;
  /** Called when none is left. */
  readonly onEmpty: () => void;
}

export function createPendingRequests({ onAbort, onEmpty }: PendingRequestsDeps) {
  const requests = new Map<number, PendingRequest>();
  let lastId = 0;

  return {
    get size(): number {
      return requests.size;
    },
    get: (id: number): PendingRequest | undefined => requests.get(id),
    /** A copy: requests may leave while it is walked through. */
    all: (): PendingRequest[] => [...requests.values()],
    rejectAll(error: unknown): void {
      for (const request of [...requests.values()]) request.reject(error);
    },
    /** `start` is called with the new request, unless its caller has already lost interest. */
    add(
      work: InferenceWork,
      { priority, signal, from = 0 }: InferenceOptions,
      start: (request: PendingRequest) => void,
    ): Promise<Answer> {
      return new Promise<Answer>((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        const id = ++lastId;
        const leave = () => {
          if (!requests.delete(id)) return;
          signal?.removeEventListener('abort', abort);
          if (requests.size === 0) onEmpty();
        };
        const abort = () => {
          onAbort(id);
          leave();
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', abort, { once: true });
        const request: PendingRequest = {
          id,
          priority,
          from,
          work,
          crashes: 0,
          resolve: (answer) => {
            leave();
            resolve(answer);
          },
          reject: (error) => {
            leave();
            reject(error);
          },
        };
        requests.set(id, request);
        start(request);
      });
    },
  };
}
