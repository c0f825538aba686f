/**
 * memory_stats: counts of memories, tags and emotions, and the measured quality of the embedding model.
 */
import * as z from 'zod';
import { readStatistics } from '../service/memory-stats.ts';
import { defineOperation } from './operation.ts';

const count = z.strictObject({ name: z.string(), count: z.number() });
const languagePairQuality = z.strictObject({
  right: z.number().describe('The share of test questions whose own answer was the nearest of all.'),
  related: z.number().describe('Mean cosine of a question and its answer: nearness 1.'),
  unrelated: z.number().describe('Mean cosine of a question and the answer to another one: nearness 0.'),
});

export const memoryStats = defineOperation({
  name: 'memory_stats',
  title: 'Memory statistics',
  description:
    'Totals, the most frequent tags and emotions, what was stored on each of the last seven days, and what the ' +
    'embedding model was measured to be worth from questions to memories in either language.',
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
    measured: z
      .strictObject({
        'ja-ja': languagePairQuality,
        'ja-en': languagePairQuality,
        'en-ja': languagePairQuality,
        'en-en': languagePairQuality,
      })
      .optional(),
  }),
  run: ({ top }, scope) => readStatistics(scope, top),
});
