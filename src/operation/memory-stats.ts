/**
 * memory_stats: how many memories there are, of what kind and since when.
 */
import * as z from 'zod';
import { memoryStatistics } from '../service/statistics.ts';
import { defineOperation } from './operation.ts';

const count = z.strictObject({ name: z.string(), count: z.number() });

export const memoryStats = defineOperation({
  name: 'memory_stats',
  title: 'Memory statistics',
  description: 'Totals, the most frequent tags and emotions, and what was stored on each of the last seven days.',
  effect: 'read',
  set: 'full',
  input: z.strictObject({ top: z.int().min(1).max(50).default(10).describe('How many tags and emotions.') }),
  output: z.strictObject({
    memories: z.number(),
    characters: z.number(),
    deleted: z.number(),
    pinned: z.number(),
    oldest: z.string().optional(),
    newest: z.string().optional(),
    tags: z.array(count),
    emotions: z.array(count),
    days: z.array(z.strictObject({ day: z.string(), count: z.number() })),
  }),
  run: ({ top }, scope) => memoryStatistics(scope, top),
});
