/**
 * The current state of recall: the mode that would answer, the state of the model, the length of the embedding queue,
 * and the measured quality of the model.
 */

import type { InferenceStatus } from '../model/inference/inference-client.ts';
import type { Scope } from '../persona/scope.ts';
import type { Workspace } from '../persona/workspace.ts';
import type { ModelQuality } from '../scoring/model-quality.ts';

export interface RecallStatus {
  readonly mode: 'hybrid' | 'keyword';
  readonly model: string;
  readonly state: string;
  readonly detail?: string | undefined;
  readonly progress?: number | undefined;
  /** The device that runs the model. */
  readonly device?: string | undefined;
  /** Live memories without a vector in the space of the model. */
  readonly queued: number;
  /** Those among them that failed too often to be tried again. */
  readonly failed?: number | undefined;
  /** The engine of the vector index. */
  readonly engine: string;
  /** What is wrong with the server that should answer it. */
  readonly index_problem?: string | undefined;
  /** What runs the models at the moment. Absent while nothing does. */
  readonly model_process?: ModelProcess | undefined;
}

export interface ModelProcess {
  /** Whether the servers of this user share it. */
  readonly kind: 'shared' | 'own';
  readonly pid: number;
  /** Resident memory in MB. */
  readonly memory_mb?: number | undefined;
  /** The process ids of the servers that use it. */
  readonly servers?: readonly number[] | undefined;
  /** Why it is not shared, although the settings allow it. */
  readonly reason?: string | undefined;
}

export function recallStatus({ workspace }: Pick<Scope, 'workspace'>): RecallStatus {
  const { indexSync, vectorSearch, models } = workspace;
  const status = models.embedder.status();
  const problem = vectorSearch.problem();
  const counts = status.state === 'off' ? { queued: 0, failed: 0 } : countWaiting(workspace);
  return {
    mode: searchesMeaning(workspace) ? 'hybrid' : 'keyword',
    model: status.model,
    state: status.state,
    ...(status.detail !== undefined && { detail: status.detail }),
    ...(status.progress !== undefined && { progress: status.progress }),
    ...(status.device !== undefined && { device: status.device }),
    queued: counts.queued,
    ...(counts.failed > 0 && { failed: counts.failed }),
    engine: indexSync.engine(),
    ...(problem !== undefined && { index_problem: problem }),
    ...describeModelProcess(models.inference()),
  };
}

const bytesPerMegabyte = 1024 * 1024;

function describeModelProcess({
  process: kind,
  pid,
  memory,
  servers,
  reason,
}: InferenceStatus): Pick<RecallStatus, 'model_process'> {
  if (pid === undefined) return {};
  const memoryMb = memory === undefined ? undefined : Math.round(memory / bytesPerMegabyte);
  return { model_process: { kind, pid, memory_mb: memoryMb, servers, reason } };
}

/** The measured quality of the model whose vectors are searched; undefined until it has been measured. */
export function measuredQuality({ workspace }: Pick<Scope, 'workspace'>): ModelQuality | undefined {
  const space = workspace.store.vectors.currentSpace();
  return space === undefined ? undefined : workspace.modelEvaluation.qualityOf(space);
}

/** Whether a search that started now would use the model. */
function searchesMeaning(workspace: Workspace): boolean {
  const serving = workspace.servingEmbedder();
  const current = workspace.store.vectors.currentSpace();
  if (current === undefined || serving.status().state !== 'ready' || !workspace.vectorSearch.isUsable()) return false;
  return (serving.space() ?? current).id === current.id;
}

function countWaiting({ store, embeddingScheduler }: Workspace): { queued: number; failed: number } {
  const space = embeddingScheduler.space() ?? store.vectors.currentSpace();
  if (space === undefined) return { queued: store.memories.count({ deleted: 'exclude' }), failed: 0 };
  return { queued: store.queue.length(space.id), failed: store.queue.countGivenUp(space.id) };
}
