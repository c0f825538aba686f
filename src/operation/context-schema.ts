/**
 * The schema of a persona's context in the replies of get_context and update_context.
 */
import * as z from 'zod';

export const commitmentStatus = z.enum(['open', 'done', 'dropped']);

const commitment = z.strictObject({
  text: z.string(),
  status: commitmentStatus,
  since: z.string(),
  closed_at: z.string().optional(),
});

export const personaContext = z.strictObject({
  state: z.record(z.string(), z.union([z.string(), z.number()])),
  user_info: z.record(z.string(), z.unknown()),
  persona_info: z.record(z.string(), z.unknown()),
  preferences: z.record(z.string(), z.unknown()),
  goals: z.array(commitment),
  promises: z.array(commitment),
  updated_at: z.string().optional(),
  state_age: z.string().optional(),
  shortened: z.literal(true).optional(),
});
