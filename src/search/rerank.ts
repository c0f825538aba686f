/**
 * Reranking: a cross-encoder reads the query together with the passage that was found in each of the best candidates. Its
 * score is mixed with that of the search, which knows things the cross-encoder does not. It reads the best first, a few
 * at a time, and what it has read in time counts.
 */
import { reasonOf } from '../core/errors.ts';
import type { Language } from '../core/text/language.ts';
import { withinTime } from '../core/time/within-time.ts';
import type { Scope } from '../persona/scope.ts';
import type { PreparedQuery } from '../scoring/bm25.ts';
import { passageAround } from '../scoring/passage.ts';
import { type RankingParameters, rankingParameters } from '../scoring/ranking-parameters.ts';
import { mixRerankScores } from '../scoring/rerank-mix.ts';
import { readScore } from '../scoring/reranker-scale.ts';
import type { RankedMemory } from './ranked-memory.ts';
import { describeStatus } from './semantic-search.ts';

/**
 * How many candidates the cross-encoder is given at once. Its vote is read from the first batch, which even a busy machine
 * reads in time.
 */
const batchLength = 4;

export interface RerankedQuery {
  readonly text: string;
  readonly prepared: PreparedQuery;
  readonly language: Language;
  /** Whether the candidates were also found by meaning. */
  readonly byMeaning: boolean;
}

/** What the stage reads of a candidate. */
type Readable = Omit<RankedMemory, 'hit'>;

export interface Reranked<Entry> {
  readonly memories: readonly (Entry & Pick<RankedMemory, 'rerank'>)[];
  /** How well each of the first batch answers, on the reranker's own scale; absent where it has none yet. */
  readonly readings?: readonly number[] | undefined;
  /** Why the reranker did not read them all, if one is configured. */
  readonly degraded?: string | undefined;
  /** Milliseconds. */
  readonly waited: number;
}

export async function rerank<Entry extends Readable>(
  scope: Scope,
  query: RerankedQuery,
  ranked: readonly Entry[],
  { keepFirst }: { keepFirst: (readings: Reranked<Entry>['readings']) => boolean },
): Promise<Reranked<Entry>> {
  const { workspace, settings, clock, ranking: parameters = rankingParameters } = scope;
  const { reranker, warm } = workspace.models;
  const status = reranker.status();
  const { languages } = reranker;
  const head = ranked.slice(0, settings.rerank_candidates);
  const unread = { memories: ranked, waited: 0 };
  if (status.state === 'off' || head.length === 0) return unread;
  // Not a degraded search: a cross-encoder for other languages would guess.
  if (languages?.includes(query.language) === false) return unread;
  if (status.state === 'absent' || status.state === 'downloading' || status.state === 'runtime missing') {
    // It cannot answer this search, but may answer the next one.
    warm();
    return { ...unread, degraded: `not reranked: ${describeStatus(status)}` };
  }
  const began = clock.monotonic();
  const readable = head.filter(({ language }) => languages?.includes(language) !== false);
  const { scores, problem } = await scoreInTime(scope, query, readable, parameters);
  const rescored = head.map((entry) => ({ ...entry, rerank: scores.get(entry) }));
  const readings = readFirst(scope, query, head, scores);
  const share = query.byMeaning ? parameters.rerankShare : parameters.rerankShareByWords;
  return {
    memories: mixRerankScores([...rescored, ...ranked.slice(head.length)], {
      share,
      keepFirst: keepFirst(readings),
    }),
    readings,
    degraded: problem,
    waited: clock.monotonic() - began,
  };
}

/** Starts to measure the reranker where that has not been done: later searches have its readings. */
function readFirst(
  { workspace: { rerankerEvaluation } }: Scope,
  { language }: RerankedQuery,
  head: readonly Readable[],
  scores: ReadonlyMap<Readable, number>,
): readonly number[] | undefined {
  void rerankerEvaluation.measureOnce(language);
  const scale = rerankerEvaluation.scaleFor(language);
  const first = head.slice(0, batchLength);
  const readings = first.flatMap((entry) => {
    const score = entry.language === language ? scores.get(entry) : undefined;
    return (score === undefined ? undefined : readScore(scale, score)) ?? [];
  });
  // Across languages it tells no more than nearness does.
  return readings.length === first.length ? readings : undefined;
}

interface Scored {
  readonly scores: ReadonlyMap<Readable, number>;
  /** Why some are missing. */
  readonly problem?: string | undefined;
}

async function scoreInTime(
  { workspace, clock, signal }: Scope,
  { text, prepared }: RerankedQuery,
  entries: readonly Readable[],
  { rerankMilliseconds, rerankCharacters }: RankingParameters,
): Promise<Scored> {
  const { reranker } = workspace.models;
  const scores = new Map<Readable, number>();
  const until = clock.monotonic() + rerankMilliseconds;
  for (let start = 0; start < entries.length; start += batchLength) {
    const batch = entries.slice(start, start + batchLength);
    const stop = new AbortController();
    const asked = reranker
      .score(
        text,
        batch.map((entry) => passageOf(entry, prepared, rerankCharacters)),
        { signal: signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]) },
      )
      .then(
        (answer) => ({ answer }),
        (error: unknown) => ({ failed: reasonOf(error) }),
      );
    const inTime = await withinTime(asked, Math.max(0, until - clock.monotonic()));
    if (inTime === undefined || 'failed' in inTime) {
      stop.abort();
      const why = inTime?.failed ?? describeDelay(reranker.status());
      return {
        scores,
        problem: scores.size === 0 ? `not reranked: ${why}` : `reranked ${scores.size} of ${entries.length}: ${why}`,
      };
    }
    for (const [index, entry] of batch.entries()) scores.set(entry, inTime.answer[index] ?? 0);
  }
  return { scores };
}

function describeDelay(status: Parameters<typeof describeStatus>[0]): string {
  return status.state === 'ready' ? 'the reranker took too long' : describeStatus(status);
}

/** The part of a text that was found: around the words of the query, or where its nearest chunk begins. */
function passageOf({ memory, coverage, nearestAt = 0 }: Readable, query: PreparedQuery, length: number): string {
  const { content } = memory;
  if (content.length <= length || coverage > 0) return passageAround(content, query, length).text;
  const start = Math.min(Math.floor(nearestAt * content.length), content.length - length);
  return content.slice(start, start + length);
}
