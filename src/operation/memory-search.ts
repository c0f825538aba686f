/**
 * memory_search: finds the memories that best match a query.
 */
import * as z from 'zod';
import { searchMemories } from '../search/search.ts';
import { defineOperation } from './operation.ts';
import { buildFilter, cursor, filterFields, hiddenByFilters, listedMemory, memoryKey } from './vocabulary.ts';

const why = z.strictObject({ text: z.number(), vector: z.number().optional(), rerank: z.number().optional() });

export const memorySearch = defineOperation({
  name: 'memory_search',
  title: 'Search memories',
  description:
    'Finds memories that answer a question or contain words, best first, in Japanese and English. Search before you ' +
    'answer anything the user may have told you earlier. strength weak is normal: read the hits and judge. Only none ' +
    'says that nothing fitting is stored. Long texts are previews; memory_read gives the whole.',
  effect: 'read',
  set: 'core',
  input: z.strictObject({
    query: z
      .string()
      .max(50_000)
      .refine((text) => text.trim() !== '', 'must not be empty')
      .optional()
      .describe('A question or key words, for example "どこに引っ越した？".'),
    related_to: memoryKey.optional().describe('Instead of query: the key of a memory whose neighbours are wanted.'),
    mode: z.enum(['hybrid', 'keyword', 'semantic']).default('hybrid'),
    limit: z.int().min(1).max(50).optional(),
    cursor,
    ...filterFields,
    include_deleted: z.boolean().default(false),
    detail: z.enum(['concise', 'full']).default('concise'),
  }),
  output: z.strictObject({
    results: z.array(listedMemory.partial().extend({ key: memoryKey, score: z.number(), why })),
    mode: z.enum(['hybrid', 'keyword', 'semantic']),
    degraded_reason: z.string().optional(),
    waited_for: z.string().optional(),
    strength: z.enum(['strong', 'weak', 'none']),
    calibration: z.enum(['measured', 'sampled', 'none']),
    total: z.number(),
    next_cursor: z.string().optional(),
    ...hiddenByFilters,
  }),
  run: ({ limit, cursor: at, detail, ...request }, scope) =>
    searchMemories(scope, {
      query: request.query,
      relatedTo: request.related_to,
      mode: request.mode,
      filter: buildFilter(request, request.include_deleted ? 'include' : 'exclude', scope),
      limit: limit ?? scope.settings.reranker_top_n,
      cursor: at,
      detail,
      cursorScope: request,
    }),
});
