/**
 * memory_delete: marks memories as deleted, which memory_restore can undo, or erases them permanently.
 */
import * as z from 'zod';
import { deleteMemories } from '../service/memory-delete.ts';
import { defineOperation } from './operation.ts';
import { memoryKey, similarMemory } from './vocabulary.ts';

export const memoryDelete = defineOperation({
  name: 'memory_delete',
  title: 'Delete memories',
  description:
    'Removes memories by key. They can be brought back with memory_restore. Set permanent only when the user wants ' +
    'the text gone: it is then erased from every file except backups and cannot be undone. similar: what is ' +
    'left and says nearly the same; ask before you delete that too.',
  effect: 'destroy',
  set: 'core',
  idempotent: true,
  input: z.strictObject({
    keys: z.array(memoryKey).min(1).max(20),
    permanent: z.boolean().default(false).describe('Erase for good instead of hiding.'),
  }),
  output: z.strictObject({
    deleted: z.array(memoryKey),
    not_found: z.array(memoryKey),
    erased: z.union([z.literal(true), z.literal('pending')]).optional(),
    remaining: z.array(z.string()).optional(),
    similar: z.array(similarMemory.partial({ preview: true })).optional(),
    backups: z.number().optional(),
  }),
  run: (request, scope) => deleteMemories(scope, request),
});
