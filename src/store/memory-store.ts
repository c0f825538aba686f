/**
 * MemoryStore: the truth of one persona. Everything that was acknowledged is in it; every index, mirror and report is
 * derived from it. Its parts share one connection, so that a verb is one transaction. Every failure of the file is a
 * `MemoryMcpError`: `busy`, `backend_unavailable` or `corrupt`.
 */
import type { ChangeLog } from './change-log.ts';
import type { ContextTable } from './context-table.ts';
import type { Erasure } from './erasure.ts';
import type { FullText } from './full-text.ts';
import type { MemoryTable } from './memory-table.ts';
import type { OperationLog } from './operation-log.ts';
import type { Statistics } from './statistics.ts';
import type { VectorQueue } from './vector-queue.ts';
import type { VectorTable } from './vector-table.ts';

export interface StoreIdentity {
  /** Set once, at creation. */
  readonly storeId: string;
  /** New at creation, restore, import of a whole store and model swap: whatever was derived before is void. */
  readonly epoch: string;
}

export interface MemoryStore {
  readonly path: string;
  readonly memories: MemoryTable;
  readonly fullText: FullText;
  readonly vectors: VectorTable;
  readonly queue: VectorQueue;
  readonly changes: ChangeLog;
  readonly context: ContextTable;
  readonly operations: OperationLog;
  readonly erasure: Erasure;
  readonly statistics: Statistics;
  identity(): StoreIdentity;
  /** Runs several reads in one snapshot; may be nested. */
  read<Result>(work: () => Result): Result;
  /** True once another process has committed since the last call. */
  changedElsewhere(): boolean;
  close(): void;
}
