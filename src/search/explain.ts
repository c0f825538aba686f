/**
 * Why a memory was found or not: what each stage of a search made of it. Runs the stages of a real search, so the
 * explanation cannot drift from what it explains.
 */

import { happenedAt, type Memory, type MemoryFilter, type MemoryKey } from '../core/memory.ts';
import { unknownKey } from '../core/memory-errors.ts';
import { languageOf } from '../core/text/language.ts';
import { dayLength } from '../core/time/durations.ts';
import { localTime } from '../core/time/local-time.ts';
import type { Span } from '../core/time/time-range-span.ts';
import type { Scope } from '../persona/scope.ts';
import { viewOf } from '../reply/memory-view.ts';
import { scoreText } from '../scoring/bm25.ts';
import { fitDate } from '../scoring/dates.ts';
import { nearness } from '../scoring/model-quality.ts';
import { scoreTurn, zScore } from '../scoring/ranking.ts';
import { prepareQueryFor, searchWords } from './lexical-search.ts';
import { rankMemories } from './ranked-list.ts';
import type { RankedMemory } from './ranked-memory.ts';
import { type SemanticSearch, searchMeaning } from './semantic-search.ts';

export interface Explanation {
  readonly key: MemoryKey;
  readonly date: string;
  readonly occurred_at?: string | undefined;
  readonly found: boolean;
  /** Its rank at each stage, 1 is best; absent if it was not among the results of that stage. */
  readonly rank: { readonly words?: number; readonly meaning?: number; readonly list?: number };
  readonly words: {
    readonly coverage: number;
    /** `proximity.ts`; absent unless the memory was among the best, like the next. */
    readonly proximity?: number | undefined;
    /** Context terms: the share of the query's value that it lacks and the memories before it hold. */
    readonly preceding?: number | undefined;
    /** The terms of the query as full text has them, most valuable first. */
    readonly terms: readonly {
      readonly term: string;
      readonly in_text: boolean;
      readonly texts: number;
      readonly value: number;
    }[];
  };
  readonly meaning: {
    readonly cosine?: number;
    readonly z?: number;
    /** The same after removing the common components. Ranking uses the mean of both. */
    readonly distinct_z?: number;
    /** Normalized similarity: 0 as the answer to another question, 1 as its own; absent if the model was not measured. */
    readonly nearness?: number;
    readonly unavailable?: string;
  };
  /** What the memories beside it and its own turn add; all in deviations. Absent unless it is in the list. */
  readonly turns?: {
    /** 0..1: how much the memories beside one have to do with it in this store. */
    readonly coherence: number;
    readonly ends_in_question: boolean;
    readonly speaker_named: boolean;
    /** What the two before have by being a question or of the named speaker. */
    readonly own: number;
    /** The neighbour that lent most, and how much. */
    readonly lent_by?: MemoryKey | undefined;
    readonly lent?: number | undefined;
  };
  /** What a date of the question adds; absent where it names none. */
  readonly date_in_question?: {
    /** The date that lies nearest to the memory: local times, the second exclusive. */
    readonly from: string;
    readonly before: string;
    /** Begun days between the two; 0 inside. */
    readonly days_away: number;
    /** In deviations. */
    readonly added: number;
  };
  readonly vector: string;
  /** The filters that hide it. */
  readonly hidden_by: readonly string[];
  readonly mode: string;
  readonly degraded_reason?: string | undefined;
}

const shownTerms = 40;

export async function explainRecall(
  scope: Scope,
  { queryText, key, filter }: { queryText: string; key: MemoryKey; filter: MemoryFilter },
): Promise<Explanation> {
  const { workspace } = scope;
  const { store } = workspace;
  const memory = store.memories.read(key);
  if (memory === undefined) throw unknownKey(key);

  const list = await rankMemories(scope, { query: queryText }, 'hybrid', filter);
  const meaning = await searchMeaning(workspace, queryText, filter);
  const query = prepareQueryFor(store, queryText);
  const { coverage, matched } = scoreText(query, memory.content);
  const inText = new Set(matched);
  const listRank = list.memories.findIndex((entry) => entry.memory.id === memory.id) + 1;
  const listed = list.memories[listRank - 1];
  const { proximity, preceding } = listed ?? {};
  const wordRank = searchWords(store, query, filter).findIndex((hit) => hit.memory.id === memory.id) + 1;
  const meaningRank = 'unavailable' in meaning ? 0 : [...meaning.hits.keys()].indexOf(memory.id) + 1;
  const { date, occurred_at } = viewOf(memory, scope);
  return {
    key,
    date,
    occurred_at,
    found: listRank > 0,
    rank: {
      ...(wordRank > 0 && { words: wordRank }),
      ...(meaningRank > 0 && { meaning: meaningRank }),
      ...(listRank > 0 && { list: listRank }),
    },
    words: {
      coverage,
      ...(proximity !== undefined && { proximity }),
      ...(preceding !== undefined && { preceding }),
      terms: query.terms.slice(0, shownTerms).map((term) => ({
        term: term.prefix ? `${term.text}*` : term.text,
        in_text: inText.has(term),
        texts: term.documents,
        value: term.value,
      })),
    },
    meaning: 'unavailable' in meaning ? meaning : measureMeaning(meaning, queryText, memory),
    ...(listed !== undefined && { turns: explainTurns(scope, listed) }),
    ...explainDates(scope, memory, list.dates),
    vector: vectorState(scope, memory),
    hidden_by: hidingFilters(scope, memory, filter),
    mode: list.mode,
    ...(list.degraded !== undefined && { degraded_reason: list.degraded }),
  };
}

function measureMeaning(
  { measureSimilarities, distribution, residualDistribution, quality }: SemanticSearch,
  queryText: string,
  { id, content }: Memory,
): Explanation['meaning'] {
  const similarity = measureSimilarities([id]).get(id);
  if (similarity === undefined) return {};
  const { cosine, residualCosine } = similarity;
  const language = languageOf(content);
  const near = nearness(quality, cosine, languageOf(queryText), language);
  return {
    cosine,
    z: zScore(distribution, { cosine, language }),
    ...(residualDistribution !== undefined &&
      residualCosine !== undefined && {
        distinct_z: zScore(residualDistribution, { cosine: residualCosine, language }),
      }),
    ...(near !== undefined && { nearness: near }),
  };
}

function explainTurns({ workspace }: Scope, listed: RankedMemory): NonNullable<Explanation['turns']> {
  const { loan } = listed;
  return {
    coherence: workspace.neighborCoherence.current(),
    ends_in_question: listed.asks,
    speaker_named: listed.spokenByNamed,
    own: scoreTurn(listed),
    ...(loan !== undefined && {
      lent_by: workspace.store.memories.byIds([loan.from]).get(loan.from)?.key,
      lent: loan.amount,
    }),
  };
}

function explainDates(
  { settings: { timezone } }: Scope,
  memory: Memory,
  dates: readonly Span[],
): Pick<Explanation, 'date_in_question'> {
  const fit = fitDate(Date.parse(happenedAt(memory)), dates);
  if (fit === undefined) return {};
  const shown = (instant: number) => localTime(new Date(instant).toISOString(), timezone);
  return {
    date_in_question: {
      from: shown(fit.date.from),
      before: shown(fit.date.before),
      days_away: Math.ceil(fit.away / dayLength),
      added: fit.gain,
    },
  };
}

function vectorState({ workspace }: Scope, memory: Memory): string {
  const space = workspace.store.vectors.currentSpace();
  const failure = space && workspace.store.queue.failureOf(memory.id, space.id);
  if (failure !== undefined) return `failed ${failure.attempts} times: ${failure.reason}`;
  return workspace.embeddingScheduler.stateOf(memory).vector;
}

/** Tests each part of the filter on its own, to name the one that hides the memory. */
function hidingFilters({ workspace }: Scope, { id }: Memory, filter: MemoryFilter): string[] {
  const parts: Record<string, MemoryFilter | undefined> = {
    deleted: { deleted: filter.deleted },
    tags: filter.tags && { deleted: 'include', tags: filter.tags, tagMatch: filter.tagMatch },
    date_range: { deleted: 'include', happenedFrom: filter.happenedFrom, happenedBefore: filter.happenedBefore },
    min_importance: { deleted: 'include', minImportance: filter.minImportance },
    ...Object.fromEntries(
      Object.entries(filter.states ?? {}).map(([name, value]) => [
        name,
        { deleted: 'include', states: { [name]: value } },
      ]),
    ),
  };
  return Object.entries(parts).flatMap(([name, part]) =>
    part === undefined || workspace.store.memories.matches(id, part) ? [] : [name],
  );
}
