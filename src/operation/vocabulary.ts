/**
 * Schemas that several operations share: keys, fields, filters and memories.
 */
import * as z from 'zod';
import type { MemoryFilter } from '../core/memory.ts';
import {
  type FilterField,
  type MemoryField,
  type MemoryFieldName,
  managedFields,
  memoryFields,
  namesOf,
  type StateField,
  stateFieldNames,
} from '../core/memory-fields.ts';
import { parseTimeRange } from '../core/time/time-range.ts';
import type { Scope } from '../persona/scope.ts';

/** The address of its resource names a memory too. */
export const memoryKey = z
  .string()
  .trim()
  .overwrite((key) => key.replace(/^memory:\/\//, ''))
  .min(1)
  .max(200);

/** The fields that a caller can set when it creates a memory. */
export const createFields = mapFields(({ schema, optional, default: initial, description }) => {
  const input = optional === true ? schema.optional() : initial === undefined ? schema : schema.default(initial);
  return description === undefined ? input : input.describe(description);
}) as CreateFields;

/** The same fields for a change: an absent field is unchanged. */
export const changeFields = mapFields(({ schema }, name) =>
  name === 'tags' ? schema.optional().describe('Replaces all tags.') : schema.optional(),
) as ChangeFields;

/** Says for itself what it does: get_context has a list of that name. */
export const pinnedField = z.boolean().optional();

/** The names of fields that a change empties. Said apart from the fields, because strict modes fill each with null. */
export function clearable<const Name extends string>(names: readonly Name[]) {
  return z.array(z.enum(names)).max(names.length).optional();
}

/** Those of the fields above that describe the persona's current state. */
export const stateChangeFields = Object.fromEntries(
  stateFieldNames.map((name) => [name, changeFields[name]]),
  // One schema per name.
) as Pick<ChangeFields, StateField>;

/** The states that a filter may ask for, ignoring case. */
const stateFilterNames = stateFieldNames.filter(
  (name): name is StateField & FilterField => 'filter' in memoryFields[name],
);

const stateFilters = Object.fromEntries(
  stateFilterNames.map((name) => [name, memoryFields[name].schema.optional()]),
  // One schema per name.
) as Record<StateField & FilterField, z.ZodOptional<z.ZodString>>;

/** The filters of memory_search, memory_list and recall_explain. */
export const filterFields = {
  tags: memoryFields.tags.schema.optional(),
  tag_match: z.enum(['any', 'all']).default('any'),
  date_range: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('When it happened: "today", "last 7 days", "先月", "3日前", "2026-03", "2026-01-01..2026-02-15".'),
  min_importance: memoryFields.importance.schema.optional(),
  ...stateFilters,
};

/** What a reply says where its filters hide the answer. */
export const hiddenByFilters = {
  without_filters: z.number().optional(),
  nearest_tags: z.array(z.string()).optional(),
};

interface FilterInput extends Readonly<Partial<Record<StateField & FilterField, string | undefined>>> {
  readonly tags?: readonly string[] | undefined;
  readonly tag_match: 'any' | 'all';
  readonly date_range?: string | undefined;
  readonly min_importance?: number | undefined;
}

/** Converts the input to a filter. Dates are in the configured time zone. */
export function buildFilter(
  input: FilterInput,
  deleted: MemoryFilter['deleted'],
  { clock, settings }: Scope,
): MemoryFilter {
  const range =
    input.date_range === undefined
      ? {}
      : parseTimeRange(input.date_range, { now: clock.now(), timeZone: settings.timezone });
  return {
    tags: input.tags,
    tagMatch: input.tag_match,
    happenedFrom: range.from,
    happenedBefore: range.before,
    minImportance: input.min_importance,
    states: stateFilterNames.some((name) => input[name] !== undefined)
      ? Object.fromEntries(stateFilterNames.map((name) => [name, input[name]]))
      : undefined,
    deleted,
  };
}

export const cursor = z.string().min(1).max(200).optional().describe('next_cursor of the previous reply.');

const { content: _content, ...otherFields } = outputSchemas(memoryFields);
const { key, created_at, updated_at, ...managed } = outputSchemas(managedFields);

const viewFields = { key, created_at, updated_at, date: z.string(), age: z.string(), ...otherFields, ...managed };

/** The whole content, or a preview and the length of the content. */
const contentOrPreview = {
  content: z.string().optional(),
  preview: z.string().optional(),
  content_length: z.number().optional(),
};

/** A memory in a list. */
export const listedMemory = z.strictObject({ ...viewFields, ...contentOrPreview });

/** A memory that says nearly the same as another. */
export const similarMemory = z.strictObject({ key: memoryKey, preview: z.string(), by: z.enum(['words', 'meaning']) });

/** A memory at the start of a session. Fields that say nothing are left out. */
export const sessionMemory = listedMemory.partial().required({ key: true, created_at: true, date: true, age: true });

/** A memory with its text, or with the requested part of it. */
export const readMemory = listedMemory.extend({
  content: z.string(),
  offset: z.number().optional(),
  next_offset: z.number().optional(),
  history: z
    .array(
      z.strictObject({
        version: z.number(),
        replaced_at: z.string(),
        replaced_by: z.string(),
        ...otherFields,
        ...contentOrPreview,
      }),
    )
    .optional(),
  history_omitted: z.number().optional(),
  imported: z.union([z.record(z.string(), z.unknown()), z.string()]).optional(),
});

type Fields = typeof memoryFields;
type CreateFields = {
  [Name in MemoryFieldName]: Fields[Name] extends { optional: true }
    ? z.ZodOptional<Fields[Name]['schema']>
    : Fields[Name] extends { default: unknown }
      ? z.ZodDefault<Fields[Name]['schema']>
      : Fields[Name]['schema'];
};
type ChangeFields = { [Name in MemoryFieldName]: z.ZodOptional<Fields[Name]['schema']> };

function mapFields(map: (field: MemoryField, name: MemoryFieldName) => z.ZodType): Record<string, z.ZodType> {
  return Object.fromEntries(namesOf(memoryFields).map((name) => [name, map(memoryFields[name], name)]));
}

/** The output schemas of a table's fields. They have no limits: a store may hold values that an older version allowed. */
function outputSchemas<Table extends Readonly<Record<string, MemoryField>>>(table: Table) {
  const shapes = {
    text: z.string(),
    time: z.string(),
    number: z.number(),
    flag: z.boolean(),
    json: z.array(z.string()),
  } as const;
  const schemas = Object.entries(table).map(([name, { stored, optional }]) => [
    name,
    optional === true ? shapes[stored].optional() : shapes[stored],
  ]);
  // One schema per field of the table.
  return Object.fromEntries(schemas) as {
    [Name in keyof Table]: Table[Name] extends { readonly optional: true }
      ? z.ZodOptional<(typeof shapes)[Table[Name]['stored']]>
      : (typeof shapes)[Table[Name]['stored']];
  };
}
