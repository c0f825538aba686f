/**
 * memory_list: memories in the order of time, page by page. For a question there is memory_search.
 */
import * as z from 'zod';
import { listMemories } from '../service/browse.ts';
import { defineOperation } from './operation.ts';
import { cursor, filterFields, filterOf, listedMemory } from './vocabulary.ts';

export const memoryList = defineOperation({
  name: 'memory_list',
  title: 'List memories',
  description:
    'Lists memories by time with filters, newest first. Use memory_search to answer a question. ' +
    'Long texts are previews. next_cursor continues the list.',
  effect: 'read',
  set: 'core',
  input: z.strictObject({
    limit: z.int().min(1).max(100).default(20),
    cursor,
    ...filterFields,
    order: z.enum(['newest', 'oldest']).default('newest'),
    deleted: z.enum(['exclude', 'include', 'only']).default('exclude'),
  }),
  output: z.strictObject({ memories: z.array(listedMemory), total: z.number(), next_cursor: z.string().optional() }),
  run: ({ limit, cursor: at, ...question }, scope) =>
    listMemories(scope, {
      filter: filterOf(question, question.deleted, scope),
      order: question.order,
      limit,
      cursor: at,
      question,
    }),
});
