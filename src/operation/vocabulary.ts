/**
 * The words that operations share: schemas of keys, fields, filters and memories, each written once.
 */
import * as z from 'zod';
import { contentLimit, type MemoryFilter, stateLimit, tagLimit } from '../core/memory.ts';
import { parseTimeRange } from '../core/time/time-range.ts';
import type { Scope } from '../persona/scope.ts';

export const memoryKey = z.string().min(1).max(200);

const content = z
  .string()
  .max(contentLimit)
  .refine((text) => text.trim() !== '', 'must not be empty');
const tags = z.array(z.string().trim().min(1).max(tagLimit.length)).max(tagLimit.count);
const fraction = z.number().min(0).max(1);
const state = z.string().trim().min(1).max(stateLimit);
const ordinaryImportance = 0.5;

/** The fields of a memory that a caller may give when it creates one. */
export const createFields = {
  content: content.describe('One fact, decision or event, as a full sentence that will make sense on its own later.'),
  tags: tags.default([]).describe('Words to filter by, for example ["food", "allergy"].'),
  importance: fraction.default(ordinaryImportance).describe('0 to 1. 0.5 is ordinary, 0.9 must never be missed.'),
  emotion: state.optional().describe('The emotion that belongs to it, for example "joy".'),
  emotion_intensity: fraction.optional(),
  physical_state: state.optional(),
  mental_state: state.optional(),
  environment: state.optional(),
  relationship_status: state.optional(),
  action_tag: state.optional(),
};

/** The same fields for a change: absent is unchanged, null is cleared. */
export const changeFields = {
  content: content.optional(),
  tags: tags
    .nullable()
    .transform((given) => given ?? [])
    .optional()
    .describe('Replaces all tags.'),
  importance: fraction
    .nullable()
    .transform((given) => given ?? ordinaryImportance)
    .optional(),
  emotion: state.nullable().optional(),
  emotion_intensity: fraction.nullable().optional(),
  physical_state: state.nullable().optional(),
  mental_state: state.nullable().optional(),
  environment: state.nullable().optional(),
  relationship_status: state.nullable().optional(),
  action_tag: state.nullable().optional(),
};

/** Filters that search and list share. */
export const filterFields = {
  tags: tags.optional(),
  tag_match: z.enum(['any', 'all']).default('any'),
  date_range: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('When it was created: "today", "last 7 days", "先月", "3日前", "2026-03", "2026-01-01..2026-02-15".'),
  min_importance: fraction.optional(),
};

interface FilterInput {
  readonly tags?: readonly string[] | undefined;
  readonly tag_match: 'any' | 'all';
  readonly date_range?: string | undefined;
  readonly min_importance?: number | undefined;
  readonly emotion?: string | undefined;
}

/** The filter that these inputs mean, with dates read in the configured time zone. */
export function filterOf(
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
    createdFrom: range.from,
    createdBefore: range.before,
    minImportance: input.min_importance,
    states: input.emotion === undefined ? undefined : { emotion: input.emotion },
    deleted,
  };
}

export const cursor = z.string().min(1).max(200).optional().describe('next_cursor of the previous reply.');

const storedFields = {
  tags: z.array(z.string()),
  importance: z.number(),
  emotion: z.string().optional(),
  emotion_intensity: z.number().optional(),
  physical_state: z.string().optional(),
  mental_state: z.string().optional(),
  environment: z.string().optional(),
  relationship_status: z.string().optional(),
  action_tag: z.string().optional(),
};

const memoryFields = {
  key: memoryKey,
  created_at: z.string(),
  updated_at: z.string(),
  age: z.string(),
  ...storedFields,
  source: z.string(),
  version: z.number(),
  pinned: z.boolean(),
  access_count: z.number(),
  last_accessed_at: z.string().optional(),
  deleted_at: z.string().optional(),
  superseded_by: z.string().optional(),
};

/** The whole content, or a preview and how long the content is. */
const contentOrPreview = {
  content: z.string().optional(),
  preview: z.string().optional(),
  content_length: z.number().optional(),
};

/** A memory in a list. */
export const listedMemory = z.strictObject({ ...memoryFields, ...contentOrPreview });

/** A memory with its text, or the part of it that was asked for. */
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
        ...storedFields,
        ...contentOrPreview,
      }),
    )
    .optional(),
  history_omitted: z.number().optional(),
});
