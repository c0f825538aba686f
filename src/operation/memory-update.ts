/**
 * memory_update: changes a memory by key. The previous version is kept.
 */
import * as z from 'zod';
import { MemoryMcpError } from '../core/errors.ts';
import { clearableFieldNames } from '../core/memory-fields.ts';
import { briefViewOf } from '../reply/memory-view.ts';
import { embedAgain } from '../service/embed-again.ts';
import { reportReplaced } from '../service/report-replaced.ts';
import { clearFields } from './clear-fields.ts';
import { readOccurrence } from './occurrence.ts';
import { defineOperation } from './operation.ts';
import { changeFields, clearable, listedMemory, memoryKey, pinnedField } from './vocabulary.ts';

export const memoryUpdate = defineOperation({
  name: 'memory_update',
  title: 'Change a memory',
  description:
    'Changes a memory when a fact is corrected or grows. Fields left out stay, clear empties some; the previous version ' +
    'is kept. With expected_version the change is refused if somebody else changed the memory meanwhile.',
  effect: 'destroy',
  set: 'core',
  input: z.strictObject({
    key: memoryKey,
    expected_version: z.int().min(1).optional(),
    ...changeFields,
    pinned: pinnedField,
    clear: clearable(clearableFieldNames).describe('Fields to empty, for example ["emotion"].'),
  }),
  output: z.strictObject({
    memory: listedMemory,
    previous_version: z.number(),
    replaced_characters: z.number().optional(),
  }),
  async run({ key, expected_version: expectedVersion, clear = [], pinned, ...fields }, scope) {
    const { workspace, clock, caller } = scope;
    const change = clearFields(
      'memory_update',
      { ...fields, occurred_at: readOccurrence(fields.occurred_at, scope) },
      clear,
    );
    if (pinned === undefined && Object.values(change).every((value) => value === undefined)) {
      throw new MemoryMcpError('invalid_input', 'memory_update: no field to change was given', {
        hint: 'Give at least one field besides key. To remove what a field says, name it in clear.',
      });
    }
    const memory = await workspace.store.memories.update(key, change, {
      now: clock.now().toISOString(),
      pinned,
      expectedVersion,
      note: workspace.activity.note('memory_update', caller.source),
    });
    await embedAgain(scope, memory);
    return {
      memory: briefViewOf(memory, scope),
      previous_version: memory.version - 1,
      ...reportReplaced(fields.content),
    };
  },
});
