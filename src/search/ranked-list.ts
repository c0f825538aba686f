/**
 * The ranked list of a query. Words and meaning are searched at the same time, every candidate is scored on both sides,
 * the scores are mixed, and a reranker reads the best. `search.ts` cuts pages from the list.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MemoryMcpError, reasonOf } from '../core/errors.ts';
import type { Memory, MemoryFilter } from '../core/memory.ts';
import { type Language, languageOf } from '../core/text/language.ts';
import { findDates } from '../core/time/dates-in-text.ts';
import { secondLength } from '../core/time/durations.ts';
import type { Span } from '../core/time/time-range-span.ts';
import type { Scope } from '../persona/scope.ts';
import type { Workspace } from '../persona/workspace.ts';
import { type PreparedQuery, type RatedTerm, scoreText } from '../scoring/bm25.ts';
import { type RankingContext, rank, scoreOf } from '../scoring/ranking.ts';
import { type RankingParameters, rankingParameters } from '../scoring/ranking-parameters.ts';
import { createHitTest, type Judgement, judgeStrength, type StrengthEvidence } from '../scoring/strength.ts';
import { createTurnReader, type Turn } from '../scoring/turns.ts';
import type { MemoryText } from '../store/memory-reading.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import { type LexicalHit, prepareQueryFor, scoreWords, searchWords } from './lexical-search.ts';
import { findNeighbors } from './neighbors.ts';
import type { RankedMemory } from './ranked-memory.ts';
import { rerank } from './rerank.ts';
import { runSecondPass } from './second-pass.ts';
import {
  type SemanticAnswer,
  type SemanticSearch,
  type Similarity,
  searchMeaning,
  searchVector,
} from './semantic-search.ts';
import { hasUnsearchedMeaning } from './unsearched-meaning.ts';

export type RecallMode = 'hybrid' | 'keyword' | 'semantic';

export interface RankedList {
  readonly memories: readonly RankedMemory[];
  readonly query: PreparedQuery;
  /** The dates that the question names. */
  readonly dates: readonly Span[];
  /** The mode that ran. It is less than the one asked for where `degraded` says why. */
  readonly mode: RecallMode;
  readonly degraded?: string | undefined;
  /** What the search waited for, where the wait was noticeable. */
  readonly waited?: string | undefined;
  /** Whether the memories answer the query at all. */
  readonly judgement: Judgement;
}

/** What to search for: a query in words, or the neighbors of a memory. */
export type Target = { readonly query: string } | { readonly memory: Memory };

const languageSample = 50;
/** A warm search takes milliseconds. One that loads a model or opens the index takes longer. */
const noticeableSeconds = 0.3;
/** The least share of a noticeable wait that is named. */
const namedSeconds = 0.1;

export async function rankMemories(
  scope: Scope,
  target: Target,
  mode: RecallMode,
  filter: MemoryFilter,
): Promise<RankedList> {
  const { store } = scope.workspace;
  const queryText = 'query' in target ? target.query : target.memory.content;
  const { query, lexical, semantic, unavailable, waits } = await searchBothSides(scope, target, queryText, {
    mode,
    filter,
  });
  const ranMode = semantic === undefined ? 'keyword' : mode;
  const readTurn = createTurnReader(queryText);
  const assess = (hit: LexicalHit, similarity: Similarity | undefined): SearchCandidate => ({
    ...hit,
    ...readTurn(hit.memory.content),
    language: languageOf(hit.memory.content),
    ...(mode === 'semantic' && semantic !== undefined && { coverage: 0 }),
    ...similarity,
  });
  const found = mergeCandidates(scope.workspace, query, lexical, semantic, assess);
  const candidates = 'memory' in target ? found.filter(({ memory }) => memory.id !== target.memory.id) : found;
  const { ranking: parameters = rankingParameters } = scope;
  const context = {
    parameters,
    now: scope.clock.now(),
    dates: 'query' in target ? findDates(queryText, { now: scope.clock.now(), timeZone: scope.settings.timezone }) : [],
    asked: languageOf(queryText),
    coherence: scope.workspace.neighborCoherence.current(),
    distribution: semantic?.distribution,
    residualDistribution: semantic?.residualDistribution,
    quality: semantic?.quality,
  };
  // The text of a memory is not a question, so the memories that follow it do not answer it.
  const examined =
    'memory' in target
      ? candidates
      : examineBest(scope, { queryText, query, mode: ranMode, filter, semantic, assess }, candidates, context);
  const ranked = rank(examined, context).slice(0, parameters.rankedLimit);
  const unread: StrengthEvidence = {
    ...context,
    // The scale was measured between questions and answers. Two memories lie nearer to each other.
    quality: 'query' in target ? semantic?.quality : undefined,
    ranked,
    beyondWords: ranked.length === 0 && semantic === undefined && holdsOtherLanguage(store, context.asked, filter),
  };
  const scored = ranked.map(({ strength, ...entry }) => ({ ...entry, score: scoreOf(strength) }));
  const reranked =
    'query' in target
      ? await rerank(
          scope,
          { text: target.query, prepared: query, language: context.asked, byMeaning: semantic !== undefined },
          scored,
          // `strong` is said of the first.
          { keepFirst: (readings) => judgeStrength({ ...unread, readings }).strength === 'strong' },
        )
      : { memories: scored, readings: undefined, degraded: undefined, waited: 0 };
  if (scope.signal?.aborted === true) throw cancelled();
  const evidence = { ...unread, readings: reranked.readings };
  const judged = judgeStrength(evidence);
  const unsure =
    judged.strength === 'none' &&
    mode !== 'keyword' &&
    hasUnsearchedMeaning(scope.workspace, filter, { searched: semantic !== undefined });
  const judgement: Judgement = unsure ? { ...judged, strength: 'weak' } : judged;
  const isHit = createHitTest(evidence);
  return {
    memories: reranked.memories.map((entry) => ({ ...entry, hit: isHit(entry) })),
    query,
    dates: context.dates,
    mode: ranMode,
    judgement,
    waited: describeWait([
      ...waits,
      [`the reranker ${scope.workspace.models.reranker.status().model}`, reranked.waited / secondLength],
    ]),
    degraded: [unavailable, reranked.degraded].filter((reason) => reason !== undefined).join('; ') || undefined,
  };
}

interface BothSides {
  readonly query: PreparedQuery;
  readonly lexical: readonly LexicalHit[];
  readonly semantic: SemanticSearch | undefined;
  /** Why meaning was not searched, or not where it should be, where it was asked for. */
  readonly unavailable: string | undefined;
  readonly waits: readonly Wait[];
}

/** What a search waited for, and how many seconds. */
type Wait = readonly [name: string, seconds: number];

/** Searches words while the model works on the query. */
async function searchBothSides(
  { workspace, clock, logger, signal }: Scope,
  target: Target,
  queryText: string,
  { mode, filter }: { mode: RecallMode; filter: MemoryFilter },
): Promise<BothSides> {
  const began = clock.monotonic();
  let embedded = began;
  const searching =
    mode === 'keyword'
      ? undefined
      : searchTarget(workspace, target, filter, {
          onEmbedded: () => {
            embedded = clock.monotonic();
          },
          signal,
        }).catch((error: unknown): SemanticAnswer => {
          if (signal?.aborted === true) throw cancelled();
          // Words still answer. What is wrong with the vectors is said and logged.
          logger.warn('the search by meaning failed', { persona: workspace.persona, reason: reasonOf(error) });
          return { unavailable: `the search by meaning failed: ${reasonOf(error)}` };
        });
  // A cancelled search is reported below, where it is awaited.
  searching?.catch(() => {});
  // The query is sent to the model in the next turn of the event loop. Only then do both sides work at the same time.
  if (searching !== undefined) await nextTurn();
  const { model, state } = workspace.servingEmbedder().status();
  const query = prepareQueryFor(workspace.store, queryText);
  const words = mode === 'semantic' ? [] : searchWords(workspace.store, query, filter);
  const answer = await searching;
  if (signal?.aborted === true) throw cancelled();
  const answered = clock.monotonic();

  const unavailable = answer !== undefined && 'unavailable' in answer ? answer.unavailable : answer?.degraded;
  const semantic = answer !== undefined && !('unavailable' in answer) ? answer : undefined;
  return {
    query,
    lexical: semantic === undefined && mode === 'semantic' ? searchWords(workspace.store, query, filter) : words,
    semantic,
    unavailable,
    waits:
      searching === undefined
        ? []
        : [
            [`the model ${model}${state === 'loading' ? ' to be loaded' : ''}`, (embedded - began) / secondLength],
            ['the vector index', (answered - embedded) / secondLength],
          ],
  };
}

function cancelled(): MemoryMcpError {
  return new MemoryMcpError('busy', 'The search was cancelled by its caller');
}

/** Judged by the newest memories that pass the filter. */
function holdsOtherLanguage({ memories }: MemoryStore, asked: Language, filter: MemoryFilter): boolean {
  const newest = memories.list({ filter, order: 'newest', limit: languageSample });
  return newest.some(({ content }) => languageOf(content) !== asked);
}

function describeWait(parts: readonly Wait[]): string | undefined {
  if (parts.reduce((sum, [, seconds]) => sum + seconds, 0) < noticeableSeconds) return undefined;
  const named = parts.filter(([, seconds]) => seconds >= namedSeconds);
  return named.map(([name, seconds]) => `${name}, ${seconds.toFixed(1)} s`).join('; ');
}

async function searchTarget(
  workspace: Workspace,
  target: Target,
  filter: MemoryFilter,
  options: { onEmbedded: () => void; signal: AbortSignal | undefined },
): Promise<SemanticAnswer> {
  if ('query' in target) return searchMeaning(workspace, target.query, filter, options);
  const space = workspace.store.vectors.currentSpace();
  const [own] = space === undefined ? [] : workspace.store.vectors.ofMemories([target.memory.id], space);
  if (space === undefined || own === undefined) {
    return { unavailable: `memory ${target.memory.key} has no vector yet` };
  }
  return searchVector(workspace, { vector: own.vector, space }, filter);
}

interface SearchCandidate extends Turn {
  readonly memory: MemoryText;
  readonly language: Language;
  readonly coverage: number;
  /** The terms of the query that the text holds. */
  readonly matched: readonly RatedTerm[];
  readonly cosine?: number | undefined;
  readonly residualCosine?: number | undefined;
}

type Assess = (hit: LexicalHit, similarity: Similarity | undefined) => SearchCandidate;

/** The union of what words and meaning found, each memory scored on both sides. */
function mergeCandidates(
  { store }: Workspace,
  query: PreparedQuery,
  words: readonly LexicalHit[],
  semantic: SemanticSearch | undefined,
  assess: Assess,
): SearchCandidate[] {
  const known = new Set(words.map(({ memory }) => memory.id));
  const onlyByMeaning = [...(semantic?.hits.keys() ?? [])].filter((id) => !known.has(id));
  const hits = [...words, ...scoreWords(store, query, onlyByMeaning)];
  const similarities = semantic?.measureSimilarities(hits.map(({ memory }) => memory.id));
  return hits.map((hit) => assess(hit, similarities?.get(hit.memory.id)));
}

interface Examination {
  readonly queryText: string;
  readonly query: PreparedQuery;
  readonly mode: RecallMode;
  readonly filter: MemoryFilter;
  readonly semantic: SemanticSearch | undefined;
  readonly assess: Assess;
}

/** Adds the memories beside the best candidates, and looks more closely at the best of all. */
function examineBest(
  { workspace: { store } }: Scope,
  { queryText, query, mode, filter, semantic, assess }: Examination,
  candidates: readonly SearchCandidate[],
  context: RankingContext & { readonly parameters: RankingParameters; readonly coherence: number },
): SearchCandidate[] {
  const { bringing, examined } = context.parameters;
  const first = rank(candidates, context);
  const memories = first.map(({ memory }) => memory);
  // Whoever searches by words alone gets what holds them: a neighbour would stand there for no reason to be seen.
  const brings = semantic !== undefined && context.coherence > 0;
  const beside = brings ? findNeighbors(store, memories.slice(0, bringing), memories, filter) : [];
  const similarities = semantic?.measureSimilarities(beside.map(({ id }) => id));
  const added = beside.map((memory) =>
    assess({ memory, ...scoreText(query, memory.content) }, similarities?.get(memory.id)),
  );
  const all = added.length === 0 ? first : rank([...candidates, ...added], context);
  return mode === 'semantic' ? all : runSecondPass(store, { queryText, query, examined }, all);
}
