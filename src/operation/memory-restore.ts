/**
 * memory_restore: undoes a delete, or returns to an earlier version.
 */
import * as z from 'zod';
import { briefViewOf } from '../reply/memory-view.ts';
import { embedAgain } from '../service/embed-again.ts';
import { defineOperation } from './operation.ts';
import { listedMemory, memoryKey } from './vocabulary.ts';

export const memoryRestore = defineOperation({
  name: 'memory_restore',
  title: 'Restore a memory',
  description:
    'Brings a deleted memory back, or with version the text and fields it had then; memory_read with history shows ' +
    'the versions. The present state stays in the history.',
  effect: 'write',
  set: 'core',
  input: z.strictObject({ key: memoryKey, version: z.int().min(1).optional() }),
  output: z.strictObject({ memory: listedMemory }),
  async run({ key, version }, scope) {
    const { workspace, clock, caller } = scope;
    const note = workspace.activity.note('memory_restore', caller.source);
    const memory = await workspace.store.memories.restore(key, version, clock.now().toISOString(), note);
    await embedAgain(scope, memory);
    return { memory: briefViewOf(memory, scope) };
  },
});
