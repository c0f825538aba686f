/**
 * Why an operation on one memory is refused. Each error names the memory and the operation that helps.
 */
import { MemoryMcpError } from './errors.ts';
import type { Memory, MemoryKey } from './memory.ts';
import { quoteForMessage } from './text/visible-text.ts';

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
    `Memory ${quoteForMessage(memory.key, 200)} is at version ${memory.version}, not ${expected}: another client changed it`,
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
