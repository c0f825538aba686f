/**
 * memory_update: changes a memory by key. The previous version is kept.
 */
import * as z from 'zod';
import { MemoryMcpError } from '../core/errors.ts';
import { briefViewOf } from '../reply/memory-view.ts';
import { embedAgain } from '../service/embed-again.ts';
import { reportReplaced } from '../service/report-replaced.ts';
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
  output: z.strictObject({
    memory: listedMemory,
    previous_version: z.number(),
    replaced_characters: z.number().optional(),
  }),
  async run({ key, expected_version: expectedVersion, ...change }, scope) {
    const { workspace, clock, caller } = scope;
    if (Object.values(change).every((value) => value === undefined)) {
      throw new MemoryMcpError('invalid_input', 'memory_update: no field to change was given', {
        hint: 'Give at least one field besides key; null clears a field.',
      });
    }
    const memory = await workspace.store.memories.update(key, change, {
      now: clock.now().toISOString(),
      expectedVersion,
      note: workspace.activity.note('memory_update', caller.source),
    });
    await embedAgain(scope, memory);
    return {
      memory: briefViewOf(memory, scope),
      previous_version: memory.version - 1,
      ...reportReplaced(change.content),
    };
  },
});
