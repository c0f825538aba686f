/**
 * Recall: finds the memories that answer a question, says how it looked and how sure it is.
 */
import { decodeCursor, encodeCursor } from '../core/cursor.ts';
import type { Memory, MemoryFilter } from '../core/memory.ts';
import { queryTerms } from '../core/text.ts';
import { type MemoryView, viewOf } from './memory-view.ts';
import { fitReply, replyBudget, type Shortened } from './reply-budget.ts';
import type { Scope } from './scope.ts';

export interface RecallRequest {
  readonly query: string;
  readonly filter: MemoryFilter;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly detail: 'concise' | 'full';
}

export type Hit = Shortened<MemoryView & { score: number }>;

export interface RecallReply {
  readonly results: Hit[];
  readonly mode: 'keyword';
  readonly total: number;
  readonly next_cursor?: string | undefined;
}

/** Pages are cut from one ranked list of at most this length. */
const rankedLimit = 200;

export function recall(scope: Scope, { query, filter, limit, cursor, detail }: RecallRequest): RecallReply {
  const { store, activity } = scope.workspace;
  const question = { query, filter };
  const start = cursor === undefined ? 0 : decodeCursor(cursor, question);
  return store.read(() => {
    const ids = store.fullText.candidates(queryTerms(query), filter, rankedLimit);
    const found = [...store.memories.byIds(ids.slice(start, start + limit)).values()];
    const hits = found.map((memory: Memory, index) => ({ ...viewOf(memory, scope), score: 1 / (1 + start + index) }));
    const results = fitReply(hits, replyBudget[detail]);
    activity.read(
      'memory_search',
      results.map(({ key }) => key),
      scope.caller,
    );
    const end = start + results.length;
    return {
      results,
      mode: 'keyword' as const,
      total: ids.length,
      ...(end < ids.length && { next_cursor: encodeCursor(end, question) }),
    };
  });
}
