/**
 * Looking at memories without a question: as a list in the order of time. It changes nothing but the counts of use.
 */
import { decodeCursor, encodeCursor } from '../core/cursor.ts';
import type { MemoryFilter } from '../core/memory.ts';
import type { Scope } from '../persona/scope.ts';
import { type MemoryView, viewOf } from '../reply/memory-view.ts';
import { fitReply, replyBudget, type Shortened } from '../reply/reply-budget.ts';

export interface ListRequest {
  readonly filter: MemoryFilter;
  readonly order: 'newest' | 'oldest';
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** What the caller asked for: a cursor continues this question and no other. */
  readonly question: unknown;
}

export interface MemoryPage {
  readonly memories: Shortened<MemoryView>[];
  /** How many memories the filter lets through. */
  readonly total: number;
  readonly next_cursor?: string | undefined;
}

export function listMemories(scope: Scope, { filter, order, limit, cursor, question }: ListRequest): MemoryPage {
  const { store, activity } = scope.workspace;
  const after = cursor === undefined ? undefined : decodeCursor(cursor, question);
  const page = store.read(() => {
    const found = store.memories.list({ filter, order, after, limit: limit + 1 });
    const memories = fitReply<MemoryView>(
      found.slice(0, limit).map((memory) => viewOf(memory, scope)),
      replyBudget.concise,
    );
    const last = found[memories.length - 1];
    return {
      memories,
      total: store.memories.count(filter),
      ...(memories.length < found.length && last !== undefined && { next_cursor: encodeCursor(last.id, question) }),
    };
  });
  activity.read('memory_list', [], scope.caller);
  return page;
}
