/**
 * What a change to a memory is and how it may be refused. Used by the memory table; the service hands changes through.
 */
import { MemoryMcpError } from '../core/errors.ts';
import type { Memory, MemoryFields, MemoryKey } from '../core/memory.ts';
import { quoteForMessage } from '../core/text/visible-text.ts';

/** Absent is unchanged, `null` is cleared. */
export type MemoryChange = {
  readonly [Field in keyof MemoryFields]?:
    | MemoryFields[Field]
    | (undefined extends MemoryFields[Field] ? null : never)
    | undefined;
};

/** The fields of a memory after a change. */
export function changedFields(memory: Memory, change: MemoryChange): MemoryFields {
  const pick = <Value>(value: Value | null | undefined, old: Value): Value | undefined =>
    value === undefined ? old : (value ?? undefined);
  return {
    content: change.content ?? memory.content,
    tags: change.tags ?? memory.tags,
    importance: change.importance ?? memory.importance,
    emotion: pick(change.emotion, memory.emotion),
    emotion_intensity: pick(change.emotion_intensity, memory.emotion_intensity),
    physical_state: pick(change.physical_state, memory.physical_state),
    mental_state: pick(change.mental_state, memory.mental_state),
    environment: pick(change.environment, memory.environment),
    relationship_status: pick(change.relationship_status, memory.relationship_status),
    action_tag: pick(change.action_tag, memory.action_tag),
  };
}

export function unknownKey(key: MemoryKey): MemoryMcpError {
  return new MemoryMcpError('not_found', `No memory has the key ${quoteForMessage(key, 200)}`, {
    hint: 'memory_search and memory_list give the keys that exist.',
  });
}

export function deletedMemory(key: MemoryKey): MemoryMcpError {
  return new MemoryMcpError('conflict', `Memory ${quoteForMessage(key, 200)} is deleted`, {
    hint: 'Bring it back with memory_restore first.',
  });
}

export function staleVersion(memory: Memory, expected: number): MemoryMcpError {
  return new MemoryMcpError(
    'conflict',
    `Memory ${quoteForMessage(memory.key, 200)} is at version ${memory.version}, not ${expected}: somebody else changed it`,
    {
      hint: 'Read it again with memory_read and decide what the text should be now.',
    },
  );
}

export function notDeleted(key: MemoryKey): MemoryMcpError {
  return new MemoryMcpError('conflict', `Memory ${quoteForMessage(key, 200)} is not deleted`, {
    hint: 'Give "version" to go back to an earlier text; memory_read with history shows which there are.',
  });
}
