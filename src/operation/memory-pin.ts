/**
 * memory_pin: keeps a memory in view at the start of every session.
 */
import * as z from 'zod';
import { pin } from '../service/revise.ts';
import { defineOperation } from './operation.ts';
import { listedMemory, memoryKey } from './vocabulary.ts';

export const memoryPin = defineOperation({
  name: 'memory_pin',
  title: 'Pin a memory',
  description: 'Shows a memory in every get_context from now on, or no longer with pinned false. Pin little.',
  effect: 'write',
  set: 'full',
  idempotent: true,
  input: z.strictObject({ key: memoryKey, pinned: z.boolean().default(true) }),
  output: z.strictObject({ memory: listedMemory }),
  run: (request, scope) => pin(scope, request),
});
