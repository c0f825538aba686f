/**
 * Scope: everything an operation works with. `app.ts` creates one per call. An operation sees one persona and nothing of
 * the transports.
 */
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { RankingParameters } from '../scoring/ranking-parameters.ts';
import type { MemoryCollection } from '../vector/memory-collection.ts';
import type { IndexServer } from '../vector/vector-index.ts';
import type { OpenIndex, Workspace } from './workspace.ts';

/** The settings that operations read. Read again for each call, because some can change while the server runs. */
export interface ServiceSettings {
  readonly timezone: string;
  readonly reranker_top_n: number;
  readonly rerank_candidates: number;
  readonly recent_memories_count: number;
}

export interface Caller {
  /** Stored as a memory's `source`: the client's name, "cli", "api". */
  readonly source: string;
  readonly readOnly: boolean;
}

/** A persona's place on a server, whether or not its index is there. */
export interface ServerPlace {
  readonly server: IndexServer;
  readonly collection: MemoryCollection;
  readonly open: OpenIndex;
}

export interface Scope {
  readonly workspace: Workspace;
  readonly settings: ServiceSettings;
  /** The folder of backup archives. A deletion never touches it. */
  readonly backups: string;
  /** Where a migration moves to and from. Whoever opens it closes its server. */
  openServerPlace(): ServerPlace;
  readonly caller: Caller;
  /** The constants of the ranking, where a benchmark measures others. */
  readonly ranking?: RankingParameters | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when the caller cancels or disconnects. This stops only reads; a write is always finished. */
  readonly signal?: AbortSignal | undefined;
}
