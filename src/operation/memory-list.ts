/**
 * memory_list: memories in chronological order, page by page.
 */
import * as z from 'zod';
import { decodeCursor, encodeCursor } from '../core/cursor.ts';
import { type MemoryView, viewOf } from '../reply/memory-view.ts';
import { fitReply, replyBudget } from '../reply/reply-budget.ts';
import { countListed } from '../service/count-listed.ts';
import { defineOperation } from './operation.ts';
import { buildFilter, cursor, filterFields, hiddenByFilters, listedMemory } from './vocabulary.ts';

export const memoryList = defineOperation({
  name: 'memory_list',
  title: 'List memories',
  description:
    'Lists memories by time with filters, newest first. To answer a question, search. Long texts are previews.',
  effect: 'read',
  set: 'core',
  input: z.strictObject({
    limit: z.int().min(1).max(100).default(20),
    cursor,
    ...filterFields,
    order: z.enum(['newest', 'oldest']).default('newest'),
    deleted: z.enum(['exclude', 'include', 'only']).default('exclude'),
  }),
  output: z.strictObject({
    memories: z.array(listedMemory),
    total: z.number(),
    next_cursor: z.string().optional(),
    ...hiddenByFilters,
  }),
  run({ limit, cursor: at, ...query }, scope) {
    const { store, activity } = scope.workspace;
    const filter = buildFilter(query, query.deleted, scope);
    const after = at === undefined ? undefined : decodeCursor(at, query);
    const page = store.read(() => {
      // Read one more to find out whether there is a next page.
      const found = store.memories.list({ filter, order: query.order, after, limit: limit + 1 });
      const memories = fitReply<MemoryView>(
        found.slice(0, limit).map((memory) => viewOf(memory, scope)),
        replyBudget.concise,
      );
      const last = found[memories.length - 1];
      return {
        memories,
        ...countListed(scope, filter),
        ...(memories.length < found.length && last !== undefined && { next_cursor: encodeCursor(last.id, query) }),
      };
    });
    activity.recordRead('memory_list', [], scope.caller);
    return page;
  },
});
