/**
 * The replies that tests read most, checked where they arrive: only the fields that tests rely on, others pass through.
 */
import { z } from 'zod';

const memory = z.looseObject({
  key: z.string(),
  content: z.string().optional(),
  preview: z.string().optional(),
  created_at: z.string(),
  tags: z.array(z.string()),
  importance: z.number(),
  version: z.number(),
});

export const receiptReply = z.looseObject({
  key: z.string(),
  stored: z.boolean(),
  duplicate_of: z.string().optional(),
  version: z.number(),
  vector: z.string(),
});
export const searchReply = z.looseObject({
  results: z.array(
    memory.extend({
      score: z.number(),
      why: z.looseObject({ vector: z.number().optional(), rerank: z.number().optional() }),
    }),
  ),
  mode: z.string(),
  degraded_reason: z.string().optional(),
  waited_for: z.string().optional(),
  total: z.number(),
  next_cursor: z.string().optional(),
});
export const readReply = z.looseObject({ memories: z.array(memory), not_found: z.array(z.string()) });
export const listReply = z.looseObject({
  memories: z.array(memory),
  total: z.number(),
  next_cursor: z.string().optional(),
});

export type Receipt = z.output<typeof receiptReply>;
export type SearchReply = z.output<typeof searchReply>;
export type ReadReply = z.output<typeof readReply>;
export type ListReply = z.output<typeof listReply>;
