/**
 * Every field of a memory, once. Columns, rows, parameters, changes, versions, filters, and the schemas of what goes in
 * and out are derived from these two tables. A new field is a line here, a migration step and a test.
 */
import * as z from 'zod';

const contentLimit = 100_000;
export const tagLimit = { count: 50, length: 100 };
export const stateLimit = 500;

const content = z
  .string()
  .max(contentLimit)
  .refine((text) => text.trim() !== '', 'must not be empty');
const tags = z.array(z.string().trim().min(1).max(tagLimit.length)).max(tagLimit.count);
const fraction = z.number().min(0).max(1);
const state = z.string().trim().min(1).max(stateLimit);

/** How a field stands in its column: a time in UTC, JSON as text, a flag as 0 or 1. The column has the field's name. */
export type Storage = 'text' | 'time' | 'number' | 'json' | 'flag';

export interface MemoryField {
  readonly schema: z.ZodType;
  readonly stored: Storage;
  /** May be absent: NULL in its column, left out of replies. */
  readonly optional?: true;
  /** The value that stands for "not given" and "cleared". A field with neither this nor `optional` cannot be cleared. */
  readonly default?: unknown;
  /** Describes the state of the moment, which a persona's context has too. */
  readonly state?: true;
  /** A filter may ask for this value, ignoring case. */
  readonly filter?: 'equals';
  /** What a caller of memory_create is told. */
  readonly description?: string;
}

/** What a caller may say about a memory. A version keeps all of these. */
export const memoryFields = {
  content: {
    schema: content,
    stored: 'text',
    description: 'One fact, decision or event, as a full sentence that will make sense on its own later.',
  },
  tags: {
    schema: tags,
    stored: 'json',
    default: [],
    description: 'Words to filter by, for example ["food", "allergy"].',
  },
  importance: {
    schema: fraction,
    stored: 'number',
    default: 0.5,
    description: '0 to 1. 0.5 is ordinary, 0.9 must never be missed.',
  },
  occurred_at: {
    // What a caller writes; `core/time/occurrence.ts` reads it.
    schema: z.string().trim().min(1).max(100),
    stored: 'time',
    optional: true,
    description: 'When it happened, if not now: "2026-11-24" or with a time.',
  },
  emotion: {
    schema: state,
    stored: 'text',
    optional: true,
    state: true,
    filter: 'equals',
    description: 'The emotion that belongs to it, for example "joy".',
  },
  emotion_intensity: { schema: fraction, stored: 'number', optional: true, state: true },
  physical_state: { schema: state, stored: 'text', optional: true, state: true, filter: 'equals' },
  mental_state: { schema: state, stored: 'text', optional: true, state: true, filter: 'equals' },
  environment: { schema: state, stored: 'text', optional: true, state: true, filter: 'equals' },
  relationship_status: { schema: state, stored: 'text', optional: true, state: true, filter: 'equals' },
  action_tag: { schema: state, stored: 'text', optional: true, state: true, filter: 'equals' },
} as const satisfies Record<string, MemoryField>;

/** What the store itself keeps about a memory. Times are UTC, ISO 8601 with milliseconds. */
export const managedFields = {
  /** `memory_YYYYMMDDHHMMSS`, with `_01` and on where a second holds several; imported keys are kept as they are. */
  key: { schema: z.string(), stored: 'text' },
  created_at: { schema: z.string(), stored: 'time' },
  updated_at: { schema: z.string(), stored: 'time' },
  /** The client that wrote it, or "import", "cli", "api". */
  source: { schema: z.string(), stored: 'text', filter: 'equals' },
  /** 1 when created, one more with every change. */
  version: { schema: z.number(), stored: 'number' },
  pinned: { schema: z.boolean(), stored: 'flag' },
  access_count: { schema: z.number(), stored: 'number' },
  last_accessed_at: { schema: z.string(), stored: 'time', optional: true },
  deleted_at: { schema: z.string(), stored: 'time', optional: true },
  superseded_by: { schema: z.string(), stored: 'text', optional: true },
} as const satisfies Record<string, MemoryField>;

export type MemoryFieldName = keyof typeof memoryFields;

type FieldTable = Readonly<Record<string, MemoryField>>;
type ValueOf<Field extends MemoryField> =
  z.output<Field['schema']> extends readonly (infer Item)[] ? readonly Item[] : z.output<Field['schema']>;
type Optional<Table extends FieldTable> = {
  [Name in keyof Table]: Table[Name] extends { readonly optional: true } ? Name : never;
}[keyof Table];

/** The values of a table of fields. `undefined` is absent. */
export type FieldValues<Table extends FieldTable> = {
  readonly [Name in Exclude<keyof Table, Optional<Table>>]: ValueOf<Table[Name]>;
} & { readonly [Name in Optional<Table>]?: ValueOf<Table[Name]> | undefined };

type Filtered<Table extends FieldTable> = {
  [Name in keyof Table]: Table[Name] extends { readonly filter: 'equals' } ? Name : never;
}[keyof Table];

export type StateField = {
  [Name in MemoryFieldName]: (typeof memoryFields)[Name] extends { readonly state: true } ? Name : never;
}[MemoryFieldName];

export type ClearableField = {
  [Name in MemoryFieldName]: (typeof memoryFields)[Name] extends
    | { readonly optional: true }
    | { readonly default: unknown }
    ? Name
    : never;
}[MemoryFieldName];

/** The fields that a filter compares for equality. */
export type FilterField = Filtered<typeof memoryFields> | Filtered<typeof managedFields>;

export const memoryFieldNames = namesOf(memoryFields);

/** The fields that a change can empty. */
export const clearableFieldNames = memoryFieldNames.filter(
  (name): name is ClearableField => 'optional' in memoryFields[name] || 'default' in memoryFields[name],
);

/** The fields that describe the state of the moment. */
export const stateFieldNames = memoryFieldNames.filter((name): name is StateField => 'state' in memoryFields[name]);

const allFields: Readonly<Record<string, MemoryField>> = { ...memoryFields, ...managedFields };

export const filterFieldNames = Object.keys(allFields).filter(
  (name): name is FilterField => allFields[name]?.filter === 'equals',
);

/** The names of a table's fields, in its order. */
export function namesOf<Table extends FieldTable>(table: Table): (keyof Table & string)[] {
  // A table is a literal object: it has its own keys and no others.
  return Object.keys(table) as (keyof Table & string)[];
}
