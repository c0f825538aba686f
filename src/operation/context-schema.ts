/**
 * The schema of a persona's context, as get_context and update_context show it.
 */
import * as z from 'zod';

export const undertakingStatus = z.enum(['open', 'done', 'dropped']);

const undertaking = z.strictObject({
  text: z.string(),
  status: undertakingStatus,
  since: z.string(),
  closed_at: z.string().optional(),
});

export const personaContext = z.strictObject({
  state: z.record(z.string(), z.union([z.string(), z.number()])),
  user_info: z.record(z.string(), z.unknown()),
  persona_info: z.record(z.string(), z.unknown()),
  preferences: z.record(z.string(), z.unknown()),
  goals: z.array(undertaking),
  promises: z.array(undertaking),
  updated_at: z.string().optional(),
  state_age: z.string().optional(),
  shortened: z.literal(true).optional(),
});
