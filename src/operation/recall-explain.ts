/**
 * recall_explain: explains why a search finds a memory or not.
 */
import * as z from 'zod';
import { explainRecall } from '../search/explain.ts';
import { defineOperation } from './operation.ts';
import { buildFilter, filterFields, memoryKey } from './vocabulary.ts';

export const recallExplain = defineOperation({
  name: 'recall_explain',
  title: 'Explain a search',
  description:
    'Says why a memory was or was not found by a question: its words, its cosine, z and nearness (0 as near as the ' +
    'answer to another question, 1 as its own), what memories beside it lent it and a date of the question added, the filters that hide it, whether it has ' +
    'a vector, and its rank at each stage.',
  effect: 'read',
  set: 'full',
  input: z.strictObject({
    query: z.string().min(1).max(50_000),
    key: memoryKey,
    ...filterFields,
    include_deleted: z.boolean().default(false),
  }),
  output: z.strictObject({
    key: memoryKey,
    date: z.string(),
    occurred_at: z.string().optional(),
    found: z.boolean(),
    rank: z.strictObject({ words: z.number().optional(), meaning: z.number().optional(), list: z.number().optional() }),
    words: z.strictObject({
      coverage: z.number(),
      proximity: z.number().optional(),
      preceding: z.number().optional(),
      terms: z.array(z.strictObject({ term: z.string(), in_text: z.boolean(), texts: z.number(), value: z.number() })),
    }),
    meaning: z.strictObject({
      cosine: z.number().optional(),
      z: z.number().optional(),
      distinct_z: z.number().optional(),
      nearness: z.number().optional(),
      unavailable: z.string().optional(),
    }),
    turns: z
      .strictObject({
        coherence: z.number(),
        ends_in_question: z.boolean(),
        speaker_named: z.boolean(),
        own: z.number(),
        lent_by: memoryKey.optional(),
        lent: z.number().optional(),
      })
      .optional(),
    date_in_question: z
      .strictObject({ from: z.string(), before: z.string(), days_away: z.number(), added: z.number() })
      .optional(),
    vector: z.string(),
    hidden_by: z.array(z.string()),
    mode: z.string(),
    degraded_reason: z.string().optional(),
  }),
  run: (input, scope) =>
    explainRecall(scope, {
      queryText: input.query,
      key: input.key,
      filter: buildFilter(input, input.include_deleted ? 'include' : 'exclude', scope),
    }),
});
