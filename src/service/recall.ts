/**
 * Recall: finds the memories that answer a question, says how it looked and how sure it is.
 */
import { decodeCursor, encodeCursor } from '../core/cursor.ts';
import type { MemoryFilter } from '../core/memory.ts';
import { questionOf, searchWords } from './lexical-search.ts';
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
    const ranked = searchWords(store, questionOf(store, query), filter).slice(0, rankedLimit);
    const hits = ranked
      .slice(start, start + limit)
      .map(({ memory, coverage }) => ({ ...viewOf(memory, scope), score: coverage }));
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
      total: ranked.length,
      ...(end < ranked.length && { next_cursor: encodeCursor(end, question) }),
    };
  });
}
