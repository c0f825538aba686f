/**
 * memory_pin: makes get_context return a memory in every session.
 */
import * as z from 'zod';
import { briefViewOf } from '../reply/memory-view.ts';
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
  async run({ key, pinned }, scope) {
    const { workspace, clock, caller } = scope;
    const note = workspace.activity.note('memory_pin', caller.source);
    const memory = await workspace.store.memories.setPinned(key, pinned, clock.now().toISOString(), note);
    return { memory: briefViewOf(memory, scope) };
  },
});
