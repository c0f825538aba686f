/**
 * memory_update: changes a memory by key and keeps what it was.
 */
import * as z from 'zod';
import { revise } from '../service/revise.ts';
import { defineOperation } from './operation.ts';
import { changeFields, listedMemory, memoryKey } from './vocabulary.ts';

export const memoryUpdate = defineOperation({
  name: 'memory_update',
  title: 'Change a memory',
  description:
    'Changes a memory when a fact is corrected or grows. Fields left out stay, null clears one; the previous version ' +
    'is kept. With expected_version the change is refused if somebody else changed the memory meanwhile.',
  effect: 'destroy',
  set: 'core',
  input: z.strictObject({
    key: memoryKey,
    expected_version: z.int().min(1).optional(),
    ...changeFields,
  }),
  output: z.strictObject({ memory: listedMemory, previous_version: z.number() }),
  run: ({ key, expected_version, ...change }, scope) =>
    revise(scope, { key, expectedVersion: expected_version, change }),
});
