/**
 * get_context: everything an assistant needs at the start of a session, in one reply.
 */
import * as z from 'zod';
import { sessionStart } from '../service/session-start.ts';
import { personaContext } from './context-schema.ts';
import { defineOperation } from './operation.ts';
import { sessionMemory } from './vocabulary.ts';

const recallStatus = z.strictObject({
  mode: z.enum(['hybrid', 'keyword', 'semantic']),
  model: z.string(),
  state: z.string(),
  detail: z.string().optional(),
  progress: z.number().optional(),
  device: z.string().optional(),
  queued: z.number(),
  failed: z.number().optional(),
  engine: z.string(),
  index_problem: z.string().optional(),
  model_process: z
    .strictObject({
      kind: z.enum(['shared', 'own']),
      pid: z.number(),
      memory_mb: z.number().optional(),
      servers: z.array(z.number()).optional(),
      reason: z.string().optional(),
    })
    .optional(),
});

export const getContext = defineOperation({
  name: 'get_context',
  title: 'Start a session',
  description:
    'Call it first in every session: who the user is, the state of the persona, when the last conversation was, open ' +
    'goals and promises, pinned, important and recent memories, and whether recall works in full.',
  effect: 'read',
  set: 'core',
  input: z.strictObject({}),
  output: z.strictObject({
    persona: z.string(),
    now: z.string(),
    weekday: z.string(),
    timezone: z.string(),
    last_conversation: z.strictObject({ at: z.string(), age: z.string() }).optional(),
    ...personaContext.omit({ updated_at: true }).partial().shape,
    pinned: z.array(sessionMemory).optional(),
    important: z.array(sessionMemory).optional(),
    recent: z.array(sessionMemory),
    total_memories: z.number(),
    recall: recallStatus,
  }),
  run: (_, scope) => sessionStart(scope),
});
