/**
 * How well recall works at this moment: which mode answers, what the model is doing, how much waits for a vector.
 */
import type { Scope } from './scope.ts';

export interface RecallStatus {
  readonly mode: 'hybrid' | 'keyword';
  readonly model: string;
  readonly state: string;
  readonly detail?: string | undefined;
  readonly progress?: number | undefined;
  /** Live memories without a vector in the current space. */
  readonly queued: number;
  /** Those among them whose embedding failed for good. */
  readonly failed?: number | undefined;
  /** What answers "nearest". */
  readonly engine: string;
}

export function recallStatus({ workspace }: Pick<Scope, 'workspace'>): RecallStatus {
  const { store, projection } = workspace;
  const { embedder } = workspace.models;
  const status = embedder.status();
  const space = embedder.space() ?? store.vectors.currentSpace();
  const counts =
    status.state === 'off'
      ? { queued: 0, failed: 0 }
      : {
          queued: space === undefined ? store.memories.count({ deleted: 'exclude' }) : store.queue.length(space.id),
          failed: space === undefined ? 0 : store.queue.failures(space.id).length,
        };
  return {
    mode: status.state === 'ready' && store.vectors.currentSpace() !== undefined ? 'hybrid' : 'keyword',
    model: status.model,
    state: status.state,
    ...(status.detail !== undefined && { detail: status.detail }),
    ...(status.progress !== undefined && { progress: status.progress }),
    queued: counts.queued,
    ...(counts.failed > 0 && { failed: counts.failed }),
    engine: projection.engine(),
  };
}
