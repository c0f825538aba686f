/**
 * Makes the one ranked list of a question: words and meaning are searched at the same time, every candidate is scored
 * on both sides, the scores are mixed and weighed, and a reranker reads the best. Pages are cut from it by `search.ts`.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Memory, MemoryFilter } from '../core/memory.ts';
import { type Language, languageOf } from '../core/text/language.ts';
import type { Scope } from '../persona/scope.ts';
import type { Workspace } from '../persona/workspace.ts';
import type { PreparedQuery, RatedTerm } from '../scoring/bm25.ts';
import { rank, scoreOf } from '../scoring/ranking.ts';
import { type Judgement, judgeStrength } from '../scoring/strength.ts';
import type { MemoryText } from '../store/memory-reading.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import { type LexicalHit, prepareQueryFor, scoreWords, searchWords } from './lexical-search.ts';
import type { RankedMemory } from './ranked-memory.ts';
import { type Reranked, rerank } from './rerank.ts';
import { runSecondPass } from './second-pass.ts';
import { type SemanticAnswer, type SemanticSearch, searchMeaning, searchVector } from './semantic-search.ts';

export type RecallMode = 'hybrid' | 'keyword' | 'semantic';

export interface RankedList {
  readonly memories: readonly RankedMemory[];
  readonly question: PreparedQuery;
  /** What ran, which is less than what was asked for where `degraded` says why. */
  readonly mode: RecallMode;
  readonly degraded?: string | undefined;
  /** What kept the answer waiting, where a person would notice. */
  readonly waited?: string | undefined;
  /** Whether this answers the question at all. */
  readonly judgement: Judgement;
}

/** What is looked for: a question in words, or whatever lies near a memory. */
export type Target = { readonly query: string } | { readonly memory: Memory };

/** Pages are cut from one ranked list of at most this length. */
const rankedLimit = 200;
const languageSample = 50;
/** A warm search takes milliseconds; one for which a model is loaded or the index is opened does not. */
const noticeableSeconds = 0.3;
/** Of a noticeable wait, what took so long is named. */
const namedSeconds = 0.1;

export async function rankMemories(
  scope: Scope,
  target: Target,
  mode: RecallMode,
  filter: MemoryFilter,
): Promise<RankedList> {
  const { store } = scope.workspace;
  // Meaning is asked for first: its answer is on the way while the words are looked up.
  const began = scope.clock.monotonic();
  let embedded = began;
  const asked =
    mode === 'keyword'
      ? undefined
      : scoreMeaning(scope.workspace, target, filter, () => {
          embedded = scope.clock.monotonic();
        });
  // Whatever becomes of it meanwhile, it is answered for where it is awaited.
  asked?.catch(() => {});
  // The question leaves for the model in the event loop's next turn; only then do both work at the same time.
  if (asked !== undefined) await nextTurn();
  const asking = 'query' in target ? target.query : target.memory.content;
  const question = prepareQueryFor(store, asking);
  const words = mode === 'semantic' ? [] : searchWords(store, question, filter);
  const answer = await asked;
  const answered = scope.clock.monotonic();

  const semantic = answer !== undefined && !('unavailable' in answer) ? answer : undefined;
  const found = semantic === undefined && mode === 'semantic' ? searchWords(store, question, filter) : words;
  const candidates =
    semantic === undefined ? found.map(lexicalOnly) : bothSides(scope.workspace, question, words, semantic, mode);
  const others = 'memory' in target ? candidates.filter(({ memory }) => memory.id !== target.memory.id) : candidates;
  const ran = semantic === undefined ? 'keyword' : mode;
  const circumstances = {
    now: scope.clock.now(),
    asked: languageOf(asking),
    distribution: semantic?.distribution,
    residualDistribution: semantic?.residualDistribution,
    quality: semantic?.quality,
  };
  // The words of a memory are its own: what follows it does not answer it.
  const looked =
    ran === 'semantic' || 'memory' in target
      ? others
      : runSecondPass(store, { text: asking, question }, rank(others, circumstances));
  const ranked = rank(looked, circumstances).slice(0, rankedLimit);
  // The model's scale was measured on questions and their answers; two memories lie nearer to each other.
  const scale = 'query' in target ? semantic?.quality : undefined;
  const beyondWords =
    ranked.length === 0 && semantic === undefined && holdsOtherLanguage(store, circumstances.asked, filter);
  const judgement = judgeStrength({ ...circumstances, quality: scale, ranked, beyondWords });
  const scored = ranked.map(({ strength, ...entry }) => ({ ...entry, score: scoreOf(strength) }));
  const reranked: Reranked = 'query' in target ? await rerank(scope, target.query, scored) : { memories: scored };
  return {
    memories: reranked.memories,
    question,
    mode: ran,
    judgement,
    waited:
      asked &&
      waitedFor([
        [`the model ${scope.workspace.servingEmbedder().status().model}`, (embedded - began) / 1_000],
        ['the vector index', (answered - embedded) / 1_000],
      ]),
    degraded: [unavailable(answer), reranked.degraded].filter((reason) => reason !== undefined).join('; ') || undefined,
  };
}

/** Judged by the newest memories that the filter lets through. */
function holdsOtherLanguage({ memories }: MemoryStore, asked: Language, filter: MemoryFilter): boolean {
  const newest = memories.list({ filter, order: 'newest', limit: languageSample });
  return newest.some(({ content }) => languageOf(content) !== asked);
}

function waitedFor(parts: readonly (readonly [name: string, seconds: number])[]): string | undefined {
  if (parts.reduce((sum, [, seconds]) => sum + seconds, 0) < noticeableSeconds) return undefined;
  const named = parts.filter(([, seconds]) => seconds >= namedSeconds);
  return named.map(([name, seconds]) => `${name}, ${seconds.toFixed(1)} s`).join('; ');
}

function unavailable(answer: SemanticAnswer | undefined): string | undefined {
  return answer !== undefined && 'unavailable' in answer ? answer.unavailable : undefined;
}

async function scoreMeaning(
  workspace: Workspace,
  target: Target,
  filter: MemoryFilter,
  onEmbedded: () => void,
): Promise<SemanticAnswer> {
  if ('query' in target) return searchMeaning(workspace, target.query, filter, onEmbedded);
  const space = workspace.store.vectors.currentSpace();
  const [own] = space === undefined ? [] : workspace.store.vectors.ofMemories([target.memory.id], space);
  if (space === undefined || own === undefined) {
    return { unavailable: `memory ${target.memory.key} has no vector yet` };
  }
  return searchVector(workspace, { vector: own.vector, space }, filter);
}

interface Found {
  readonly memory: MemoryText;
  readonly language: Language;
  readonly coverage: number;
  /** The terms of the question that the text holds. */
  readonly matched: readonly RatedTerm[];
  readonly cosine?: number | undefined;
  readonly residualCosine?: number | undefined;
}

function lexicalOnly({ memory, coverage, matched }: LexicalHit): Found {
  return { memory, language: languageOf(memory.content), coverage, matched };
}

/** The union of what words and meaning found, each scored on both sides. */
function bothSides(
  { store }: Workspace,
  question: PreparedQuery,
  words: readonly LexicalHit[],
  semantic: SemanticSearch,
  mode: RecallMode,
): Found[] {
  const known = new Set(words.map(({ memory }) => memory.id));
  const byMeaning = scoreWords(
    store,
    question,
    [...semantic.hits.keys()].filter((id) => !known.has(id)),
  );
  const similarities = semantic.measureSimilarities([...known, ...byMeaning.map(({ memory }) => memory.id)]);
  return [...words, ...byMeaning].map((hit) => ({
    ...lexicalOnly(hit),
    ...(mode === 'semantic' && { coverage: 0 }),
    ...similarities.get(hit.memory.id),
  }));
}
