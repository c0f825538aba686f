/** A memory of the original system on its way here, with everything that is known about it there. */
import type { ForeignMemory, Timestamp } from '../core/memory.ts';

export type Row = Readonly<Record<string, unknown>>;

/** A memory on its way here. */
export interface OriginalMemory {
  readonly memory: ForeignMemory;
  /** The time of creation as it stood there, if it could be read. */
  readonly created: { readonly there: string; readonly local: boolean } | undefined;
  /** Earlier states, oldest first. */
  readonly past: readonly PastState[];
  /** What has no field here, by the name it had there. */
  readonly kept: Row;
  /** What was damaged and had to be replaced, in words. */
  readonly faults: readonly string[];
}

export interface PastState {
  readonly content: string;
  /** Undefined where the original did not keep them. */
  readonly tags: readonly string[] | undefined;
  readonly importance: number | undefined;
  readonly emotion: string | undefined;
  readonly replaced_at: Timestamp;
}

/** Stored with every memory that came from the original system. */
export const importSource = 'import';
