/**
 * What a memory is. Field names are the public ones (snake_case) in every layer, so that a memory has one shape
 * in SQL, in code and in a reply. The integer id orders memories and never leaves the process.
 */
export type MemoryId = number;
/** `memory_YYYYMMDDHHMMSS`, with `_01` and on where a second holds several; imported keys are kept as they are. */
export type MemoryKey = string;
/** UTC, ISO 8601 with milliseconds. */
export type Timestamp = string;

export const contentLimit = 100_000;
export const tagLimit = { count: 50, length: 100 };
export const stateLimit = 500;

/** What a caller may say about a memory. `undefined` is absent. */
export interface MemoryFields {
  readonly content: string;
  readonly tags: readonly string[];
  /** 0..1 */
  readonly importance: number;
  readonly emotion?: string | undefined;
  /** 0..1 */
  readonly emotion_intensity?: number | undefined;
  readonly physical_state?: string | undefined;
  readonly mental_state?: string | undefined;
  readonly environment?: string | undefined;
  readonly relationship_status?: string | undefined;
  readonly action_tag?: string | undefined;
}

export interface Memory extends MemoryFields {
  readonly id: MemoryId;
  readonly key: MemoryKey;
  readonly created_at: Timestamp;
  readonly updated_at: Timestamp;
  /** 1 when created, one more with every change. */
  readonly version: number;
  readonly source: string;
  readonly pinned: boolean;
  readonly access_count: number;
  readonly last_accessed_at?: Timestamp | undefined;
  readonly deleted_at?: Timestamp | undefined;
  readonly superseded_by?: MemoryKey | undefined;
}

/** The text columns that a filter compares for equality, ignoring case. */
export const stateFields = [
  'emotion',
  'physical_state',
  'mental_state',
  'environment',
  'relationship_status',
  'action_tag',
  'source',
] as const;
export type StateField = (typeof stateFields)[number];

/** Which memories a search or a list may return: one predicate, used by every path before candidates are cut. */
export interface MemoryFilter {
  readonly tags?: readonly string[] | undefined;
  readonly tagMatch?: 'any' | 'all' | undefined;
  /** Inclusive. */
  readonly createdFrom?: Timestamp | undefined;
  /** Exclusive. */
  readonly createdBefore?: Timestamp | undefined;
  readonly minImportance?: number | undefined;
  readonly states?: Partial<Record<StateField, string>> | undefined;
  readonly deleted: 'exclude' | 'include' | 'only';
}
