/**
 * Looking at memories without a question: by key, and as a list. Neither changes anything but the access counts.
 */
import { decodeCursor, encodeCursor } from '../core/cursor.ts';
import type { MemoryFilter, MemoryKey } from '../core/memory.ts';
import { unknownKey } from '../store/memory-change.ts';
import type { MemoryVersion } from '../store/memory-versions.ts';
import { type MemoryView, viewOf } from './memory-view.ts';
import { fitReply, replyBudget, type Shortened } from './reply-budget.ts';
import type { Scope } from './scope.ts';

export interface ReadMemory extends MemoryView {
  readonly content: string;
  /** Where `content` begins in the whole text, and where the next part begins if this one was cut. */
  readonly offset?: number | undefined;
  readonly next_offset?: number | undefined;
  readonly history?: readonly MemoryVersion[] | undefined;
}

/** The memories of these keys with their full text, deleted ones included; `not_found` if none exists. */
export function readMemories(
  scope: Scope,
  { keys, history, offset = 0 }: { keys: readonly MemoryKey[]; history: boolean; offset?: number | undefined },
): { memories: ReadMemory[]; not_found: MemoryKey[] } {
  const { store, activity } = scope.workspace;
  const wanted = [...new Set(keys)];
  const found = wanted.flatMap((key) => store.memories.read(key) ?? []);
  const [first] = wanted;
  if (found.length === 0 && first !== undefined) throw unknownKey(first);

  let room = replyBudget.full - 2_000;
  const memories = found.map((memory): ReadMemory => {
    const view = viewOf(memory, scope);
    const versions = history ? store.memories.versions(memory.key) : undefined;
    room -= Buffer.byteLength(JSON.stringify({ ...view, content: '', history: versions }));
    const rest = memory.content.slice(offset);
    const content = withinBytes(rest, Math.max(room, 400));
    room -= Buffer.byteLength(JSON.stringify(content));
    const end = offset + content.length;
    return {
      ...view,
      content,
      ...(offset > 0 && { offset }),
      ...(end < memory.content.length && { next_offset: end, content_length: memory.content.length }),
      ...(versions !== undefined && { history: versions }),
    };
  });
  activity.read(
    'memory_read',
    found.map(({ key }) => key),
    scope.caller,
  );
  const foundKeys = new Set(found.map(({ key }) => key));
  return { memories, not_found: wanted.filter((key) => !foundKeys.has(key)) };
}

export interface ListRequest {
  readonly filter: MemoryFilter;
  readonly order: 'newest' | 'oldest';
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface MemoryPage {
  readonly memories: Shortened<MemoryView>[];
  /** How many memories the filter lets through. */
  readonly total: number;
  readonly next_cursor?: string | undefined;
}

export function listMemories(scope: Scope, { filter, order, limit, cursor }: ListRequest): MemoryPage {
  const { store, activity } = scope.workspace;
  const question = { filter, order };
  const after = cursor === undefined ? undefined : decodeCursor(cursor, question);
  return store.read(() => {
    const found = store.memories.list({ filter, order, after, limit: limit + 1 });
    const memories = fitReply(
      found.slice(0, limit).map((memory) => viewOf(memory, scope)),
      replyBudget.concise,
    );
    const last = found[memories.length - 1];
    activity.read('memory_list', [], scope.caller);
    return {
      memories,
      total: store.memories.count(filter),
      ...(memories.length < found.length && last !== undefined && { next_cursor: encodeCursor(last.id, question) }),
    };
  });
}

/** The longest beginning of a text whose JSON fits into so many bytes, not cut inside a character. */
function withinBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(JSON.stringify(text)) <= bytes) return text;
  let low = 0;
  let high = Math.min(text.length, bytes);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (Buffer.byteLength(JSON.stringify(text.slice(0, middle))) <= bytes) low = middle;
    else high = middle - 1;
  }
  return /[\uD800-\uDBFF]$/.test(text.slice(0, low)) ? text.slice(0, low - 1) : text.slice(0, low);
}
