/**
 * memory_read: returns the full text of memories by key, optionally with their history.
 */
import * as z from 'zod';
import { readMemories } from '../service/memory-read.ts';
import { defineOperation } from './operation.ts';
import { memoryKey, readMemory } from './vocabulary.ts';

export const memoryRead = defineOperation({
  name: 'memory_read',
  title: 'Read memories',
  description:
    'Returns the full text and all metadata of memories by key, deleted ones included. A text that was cut carries ' +
    'next_offset: read on with offset. Keys under omitted had no room: read them alone.',
  effect: 'read',
  set: 'core',
  input: z.strictObject({
    keys: z.array(memoryKey).min(1).max(20).describe('For example ["memory_20261124093000"].'),
    history: z.boolean().default(false).describe('Also every earlier version, and what an import had no field for.'),
    offset: z.int().min(0).optional().describe('Characters to skip.'),
  }),
  output: z.strictObject({
    memories: z.array(readMemory),
    not_found: z.array(memoryKey),
    omitted: z.array(memoryKey).optional(),
  }),
  run: (request, scope) => readMemories(scope, request),
});
