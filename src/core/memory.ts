/**
 * What a memory is. Field names are the public ones (snake_case) in every layer: a memory has one shape in SQL, in code
 * and in a reply. The integer id orders memories and never leaves the process.
 */
import type { FieldValues, FilterField, managedFields, memoryFields } from './memory-fields.ts';

export type MemoryId = number;
/** `memory_YYYYMMDDHHMMSS`, with `_01` and on where a second holds several; imported keys are kept as they are. */
export type MemoryKey = string;
/** UTC, ISO 8601 with milliseconds. */
export type Timestamp = string;

/** What a caller may say about a memory. */
export type MemoryFields = FieldValues<typeof memoryFields>;

export type Memory = { readonly id: MemoryId } & MemoryFields & FieldValues<typeof managedFields>;

/** The time that age, sittings, recency in the ranking and `date_range` go by: when it happened, or where that is not known, when it was stored. */
export function happenedAt({
  occurred_at,
  created_at,
}: {
  readonly occurred_at?: Timestamp | null | undefined;
  readonly created_at: Timestamp;
}): Timestamp {
  return occurred_at ?? created_at;
}

/** A memory as it was elsewhere, before this store gives it an id. */
export type ForeignMemory = Omit<Memory, 'id'>;

/** Which memories a search or a list may return: one predicate, used by every path before candidates are cut. */
export interface MemoryFilter {
  readonly tags?: readonly string[] | undefined;
  readonly tagMatch?: 'any' | 'all' | undefined;
  /** Of `happenedAt`, inclusive. */
  readonly happenedFrom?: Timestamp | undefined;
  /** Exclusive. */
  readonly happenedBefore?: Timestamp | undefined;
  readonly minImportance?: number | undefined;
  readonly states?: Partial<Record<FilterField, string>> | undefined;
  readonly deleted: 'exclude' | 'include' | 'only';
}

/** Whether the memory came with an import and was not stored by a client of the user. */
export function isImported(source: string): boolean {
  return source === 'import' || source.startsWith('import:');
}
