/**
 * How well recall works at this moment: which mode answers, what the model is doing, how much waits for a vector.
 */
import type { Scope } from './scope.ts';

export interface RecallStatus {
  readonly mode: 'hybrid' | 'keyword' | 'semantic';
  readonly model: string;
  readonly state: string;
  readonly detail?: string | undefined;
  readonly progress?: number | undefined;
  /** Live memories without a vector in the current space. */
  readonly queued: number;
  readonly failed?: number | undefined;
  /** What answers "nearest". */
  readonly engine: string;
}

export function recallStatus(_scope: Scope): RecallStatus {
  return { mode: 'keyword', model: 'none', state: 'off', queued: 0, engine: 'none' };
}
