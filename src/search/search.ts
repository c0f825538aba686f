/**
 * memory_search: one page of the ranked list, with how it was searched, how strong the answer is, and why the search was
 * degraded, if it was.
 */
import { decodeCursor, encodeCursor } from '../core/cursor.ts';
import { MemoryMcpError } from '../core/errors.ts';
import type { Memory, MemoryFilter, MemoryKey } from '../core/memory.ts';
import { unknownKey } from '../core/memory-errors.ts';
import type { Scope } from '../persona/scope.ts';
import { type MemoryView, viewOf } from '../reply/memory-view.ts';
import { fitReply, replyBudget, type Shortened } from '../reply/reply-budget.ts';
import { passageAround } from '../scoring/passage.ts';
import type { CalibrationSource, Strength } from '../scoring/strength.ts';
import { countHits, findHidden } from './hidden-answer.ts';
import { type RecallMode, rankMemories, type Target } from './ranked-list.ts';
import type { RankedMemory } from './ranked-memory.ts';

export interface SearchRequest {
  readonly query?: string | undefined;
  /** Instead of a query: finds the neighbors of this memory. */
  readonly relatedTo?: MemoryKey | undefined;
  readonly mode: RecallMode;
  readonly filter: MemoryFilter;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly detail: 'concise' | 'full';
  /** The query and its filters. A cursor continues these and no others. */
  readonly cursorScope: unknown;
}

export interface Why {
  /** Coverage: the share of the query's words that the text holds, weighted by rarity. */
  readonly text: number;
  /** Cosine between the query and the nearest chunk of the text. */
  readonly vector?: number | undefined;
  readonly rerank?: number | undefined;
}

export type Hit = Shortened<Partial<MemoryView> & { key: MemoryKey; score: number; why: Why; content?: string }>;

export interface SearchReply {
  readonly results: Hit[];
  readonly mode: RecallMode;
  readonly degraded_reason?: string | undefined;
  readonly waited_for?: string | undefined;
  /** Whether the memories answer the query at all; `weak` is the normal state. */
  readonly strength: Strength;
  readonly calibration: CalibrationSource;
  /** How many memories hold a word of the query or lie near it. A page may be filled with others. */
  readonly total: number;
  readonly next_cursor?: string | undefined;
  /** What the filters hide, where it answers the query better. */
  readonly without_filters?: number | undefined;
  readonly nearest_tags?: readonly string[] | undefined;
}

export async function searchMemories(scope: Scope, request: SearchRequest): Promise<SearchReply> {
  const { filter, limit, cursor, detail, mode, cursorScope } = request;
  const target = targetOf(scope, request);
  const start = cursor === undefined ? 0 : decodeCursor(cursor, cursorScope);

  const { store } = scope.workspace;
  const list = await rankMemories(scope, target, mode, filter);
  const page = list.memories.slice(start, start + limit);
  const memories = store.memories.byIds(page.map(({ memory }) => memory.id));
  const results = fitReply(
    page.flatMap((entry) => {
      // A memory may have been deleted while the search waited for the model.
      const memory = memories.get(entry.memory.id);
      return memory === undefined || !store.memories.matches(memory.id, filter)
        ? []
        : [hitOf(scope, memory, entry, detail)];
    }),
    replyBudget[detail],
    // The passage around the words of the query, not the beginning.
    ({ content = '' }, length) => passageAround(content, list.query, length).text,
  );
  scope.workspace.activity.recordRead(
    'memory_search',
    results.map(({ key }) => key),
    scope.caller,
  );
  const hidden = start === 0 ? await findHidden(scope, { target, mode, filter, list }) : undefined;
  const end = start + results.length;
  const lastHit = list.memories.findLastIndex(({ hit }) => hit);
  return {
    results,
    mode: list.mode,
    degraded_reason: list.degraded,
    waited_for: list.waited,
    ...list.judgement,
    // The answer is stored, where the filters do not look.
    ...(hidden !== undefined && list.judgement.strength === 'none' && { strength: 'weak' as const }),
    total: countHits(list),
    next_cursor: end <= lastHit ? encodeCursor(end, cursorScope) : undefined,
    ...hidden,
  };
}

function targetOf({ workspace }: Scope, { query, relatedTo }: SearchRequest): Target {
  if (relatedTo !== undefined && query === undefined) {
    const memory = workspace.store.memories.read(relatedTo);
    if (memory === undefined) throw unknownKey(relatedTo);
    return { memory };
  }
  if (query !== undefined && relatedTo === undefined) return { query };
  throw new MemoryMcpError('invalid_input', 'memory_search: give either query or related_to', {
    hint: 'query is a question or words; related_to is the key of a memory whose neighbours are wanted.',
  });
}

/** The fields an assistant needs of a hit, or with `full` every field of the memory. */
function hitOf(
  scope: Scope,
  memory: Memory,
  { score, coverage, cosine, rerank }: RankedMemory,
  detail: 'concise' | 'full',
) {
  const view = viewOf(memory, scope);
  const why = {
    text: rounded(coverage),
    vector: cosine === undefined ? undefined : rounded(cosine),
    rerank: rerank === undefined ? undefined : rounded(rerank),
  };
  const { key, content, occurred_at, created_at, date, age, tags, importance, emotion, version, deleted_at } = view;
  const shown =
    detail === 'full'
      ? view
      : { key, content, occurred_at, created_at, date, age, tags, importance, emotion, version, deleted_at };
  return { ...shown, score: rounded(score), why };
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
