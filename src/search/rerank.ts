/**
 * Reranking: a cross-encoder reads the query together with each of the best candidates and orders them. Without one, or
 * if it does not answer in time, the order stays and the reply says so.
 */

import { reasonOf } from '../core/errors.ts';
import { withinTime } from '../core/time/within-time.ts';
import type { Scope } from '../persona/scope.ts';
import type { RankedMemory } from './ranked-memory.ts';
import { describeStatus } from './semantic-search.ts';

const patienceMilliseconds = 3_000;
/** How much of a text the cross-encoder is given; its own limit is 512 tokens. */
const readCharacters = 1_500;

export interface Reranked {
  readonly memories: readonly RankedMemory[];
  /** Why the reranker did not order them, if one is configured. */
  readonly degraded?: string | undefined;
}

export async function rerank(
  { workspace, settings, signal }: Scope,
  query: string,
  ranked: readonly RankedMemory[],
): Promise<Reranked> {
  const { reranker } = workspace.models;
  const status = reranker.status();
  const head = ranked.slice(0, settings.rerank_candidates);
  if (status.state === 'off' || head.length < 2) return { memories: ranked };
  if (status.state === 'absent' || status.state === 'downloading' || status.state === 'runtime missing') {
    // It cannot answer this search, but may answer the next one.
    workspace.models.warm();
    return { memories: ranked, degraded: `not reranked: ${describeStatus(status)}` };
  }
  const stop = new AbortController();
  const asked = reranker
    .score(
      query,
      head.map(({ memory }) => memory.content.slice(0, readCharacters)),
      { signal: signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]) },
    )
    .then(
      (scores) => ({ scores }),
      (error: unknown) => ({ failed: reasonOf(error) }),
    );
  const answer = await withinTime(asked, patienceMilliseconds);
  if (answer === undefined || 'failed' in answer) {
    stop.abort();
    return { memories: ranked, degraded: `not reranked: ${answer?.failed ?? 'the reranker took too long'}` };
  }
  // Only the order is the reranker's. The scores stay descending, as readers of a page expect.
  const scores = head.map(({ score }) => score);
  const reordered = head
    .map((entry, index) => ({ ...entry, rerank: answer.scores[index] ?? 0 }))
    .sort((one, other) => other.rerank - one.rerank || other.score - one.score)
    .map((entry, index) => ({ ...entry, score: scores[index] ?? entry.score }));
  return { memories: [...reordered, ...ranked.slice(head.length)] };
}
