/**
 * Scope: what a verb of the product works with. The composition root makes one per call; a verb sees one persona and
 * nothing of transports.
 */
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { Workspace } from '../persona/workspace.ts';

/** The settings that verbs read; asked for anew in each call, since some of them can change while the server runs. */
export interface ServiceSettings {
  readonly timezone: string;
  readonly reranker_top_n: number;
  readonly rerank_candidates: number;
  readonly recent_memories_count: number;
}

export interface Caller {
  /** Who writes, as a memory's `source`: the client's name, "cli", "api". */
  readonly source: string;
  readonly readOnly: boolean;
}

export interface Scope {
  readonly workspace: Workspace;
  readonly settings: ServiceSettings;
  /** The folder of backup archives, which a deletion never touches. */
  readonly backups: string;
  readonly caller: Caller;
  readonly clock: Clock;
  readonly logger: Logger;
}
