/**
 * A partial change of a memory, and how it is applied to the memory's fields.
 */
import type { Memory, MemoryFields } from '../core/memory.ts';
import { type MemoryField, type MemoryFieldName, memoryFieldNames, memoryFields } from '../core/memory-fields.ts';

/** An absent field is unchanged, `null` clears it. */
export type MemoryChange = { readonly [Name in MemoryFieldName]?: MemoryFields[Name] | null | undefined };

/** The fields of a memory after a change. A cleared field gets its default, or becomes absent. */
export function applyChange(memory: Memory, change: MemoryChange): MemoryFields {
  const newValue = (name: MemoryFieldName): unknown => {
    const value = change[name];
    if (value === undefined) return memory[name];
    if (value !== null) return value;
    const { default: cleared }: MemoryField = memoryFields[name];
    return cleared;
  };
  // `MemoryFields` has exactly one property per field name.
  return Object.fromEntries(memoryFieldNames.map((name) => [name, newValue(name)])) as unknown as MemoryFields;
}
