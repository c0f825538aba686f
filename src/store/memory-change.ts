/**
 * What a change to a memory is, and the fields that it leads to.
 */
import type { Memory, MemoryFields } from '../core/memory.ts';
import { type MemoryField, type MemoryFieldName, memoryFieldNames, memoryFields } from '../core/memory-fields.ts';

/** Absent is unchanged, `null` is cleared. */
export type MemoryChange = { readonly [Name in MemoryFieldName]?: MemoryFields[Name] | null | undefined };

/** The fields of a memory after a change. A cleared field takes its default, or is absent. */
export function changedFields(memory: Memory, change: MemoryChange): MemoryFields {
  const changed = (name: MemoryFieldName): unknown => {
    const value = change[name];
    if (value === undefined) return memory[name];
    if (value !== null) return value;
    const { default: cleared }: MemoryField = memoryFields[name];
    return cleared;
  };
  // One entry for each name of the table is what `MemoryFields` is.
  return Object.fromEntries(memoryFieldNames.map((name) => [name, changed(name)])) as unknown as MemoryFields;
}
