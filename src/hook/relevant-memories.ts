/**
 * The memories that bear on a prompt, in whole or on one of its sentences: by words, and by meaning where a model could
 * be asked. `scoring/prompt-relevance` has the limits of both.
 */
import type { Memory, MemoryId } from '../core/memory.ts';
import { languageOf } from '../core/text/language.ts';
import { foldText } from '../core/text/spellings.ts';
import type { TextStatistics } from '../scoring/bm25.ts';
import { nearness } from '../scoring/model-quality.ts';
import {
  judgeNearness,
  judgeRelevance,
  type Nearness,
  type PromptKind,
  type Relevance,
} from '../scoring/prompt-relevance.ts';
import { prepareWordQuery, searchWords } from '../search/lexical-search.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import type { Meaning } from './prompt-meaning.ts';

/** Why a memory is shown or not. */
export interface JudgedMemory {
  readonly memory: Memory;
  /** Absent if it shares no word with the prompt, or others share more. */
  readonly words?: Relevance | undefined;
  /** Absent if meaning was not compared, or others lie nearer. */
  readonly meaning?: Nearness | undefined;
  readonly relevant: boolean;
  readonly ofProject: boolean;
}

export interface RelevanceOptions {
  /** Which memories may be shown at all. */
  readonly allowed: (memory: Memory) => boolean;
  /** Memories with this tag come first. */
  readonly projectTag: string | undefined;
}

export interface FoundMemories {
  readonly words: ReadonlyMap<MemoryId, Relevance>;
  readonly meaning: ReadonlyMap<MemoryId, Nearness>;
}

/** A pasted file is no question: only its first and last sentences are looked at. */
const maximumParts = 12;
const partLength = 400;
/** What is read at either end of a longer prompt. */
const endLength = 32_000;
/** The best of each part that are judged. */
const judgedPerPart = 5;
const minimumDocuments = 200;
const sentenceEnd = /(?<=[.!?]\s)|(?<=[。！？\n])/u;

/** What was found, each memory once: the relevant ones first, those of the project before others. */
export function sortFound(
  store: MemoryStore,
  { words, meaning }: FoundMemories,
  { allowed, projectTag }: RelevanceOptions,
): JudgedMemory[] {
  const tag = projectTag === undefined ? undefined : foldText(projectTag);
  return [...store.memories.byIds([...new Set([...words.keys(), ...meaning.keys()])]).values()]
    .filter(allowed)
    .map((memory): JudgedMemory => {
      const judged = { words: words.get(memory.id), meaning: meaning.get(memory.id) };
      const relevant = judged.words?.relevant === true || judged.meaning?.relevant === true;
      return { memory, ...judged, relevant, ofProject: memory.tags.some((own) => foldText(own) === tag) };
    })
    .sort(
      (one, other) =>
        Number(other.relevant) - Number(one.relevant) ||
        Number(other.ofProject) - Number(one.ofProject) ||
        weight(other) - weight(one) ||
        other.memory.id - one.memory.id,
    );
}

/** The memories that share most with a part, each by the part that speaks most for it. */
export function findByWords(store: MemoryStore, parts: readonly string[], kind: PromptKind): Map<MemoryId, Relevance> {
  const best = new Map<MemoryId, Relevance>();
  const statistics = statisticsOf(store);
  for (const part of parts) {
    const query = prepareWordQuery(part, statistics);
    for (const hit of searchWords(store, query, { deleted: 'exclude' }).slice(0, judgedPerPart)) {
      const judged = judgeRelevance(hit, { length: hit.memory.content.length, parts: parts.length, kind });
      keepBest(best, hit.memory.id, judged, surplusOfWords);
    }
  }
  return best;
}

/** The memories that lie nearest to a part, each by the part that speaks most for it. */
export function findByMeaning(
  store: MemoryStore,
  parts: readonly string[],
  { near, compared, quality }: Meaning,
): Map<MemoryId, Nearness> {
  const best = new Map<MemoryId, Nearness>();
  const ids = new Set([...near.values()].flat().map(({ id }) => id));
  const texts = store.memories.textsMatching([...ids], { deleted: 'exclude' });
  const languages = new Map(texts.map(({ id, content }) => [id, languageOf(content)]));
  for (const [part, found] of near) {
    const asked = languageOf(part);
    // The limit holds within a language; across languages nothing was measured that could set one.
    for (const { id, cosine } of found.filter((each) => languages.get(each.id) === asked).slice(0, judgedPerPart)) {
      const measured = nearness(quality, cosine, asked, asked);
      if (measured === undefined) continue;
      keepBest(best, id, judgeNearness(measured, { memories: compared, parts: parts.length }), surplusOfMeaning);
    }
  }
  return best;
}

function keepBest<Judged>(
  best: Map<MemoryId, Judged>,
  id: MemoryId,
  judged: Judged,
  surplus: (judged: Judged) => number,
): void {
  const before = best.get(id);
  if (before === undefined || surplus(judged) > surplus(before)) best.set(id, judged);
}

/** In a store of a few memories every word would be common, and what they say would count for nothing. */
function statisticsOf(store: MemoryStore): TextStatistics {
  const { count, totalLength } = store.fullText.statistics();
  return {
    documents: Math.max(count, minimumDocuments),
    averageLength: count === 0 ? 0 : totalLength / count,
    documentsWith: store.fullText.frequencies(),
  };
}

/** A relevant one counts more than any other. */
const surplusOfWords = ({ coverage, limit, relevant }: Relevance): number => coverage - limit + (relevant ? 1 : 0);
const surplusOfMeaning = ({ nearness, limit, relevant }: Nearness): number => nearness - limit + (relevant ? 1 : 0);

/** What both say counts more than what one says. */
function weight({ words, meaning }: JudgedMemory): number {
  return (words === undefined ? 0 : surplusOfWords(words)) + (meaning === undefined ? 0 : surplusOfMeaning(meaning));
}

/** The whole prompt if it is short, and each of its sentences. */
export function partsOf(prompt: string): string[] {
  const read = prompt.length <= 2 * endLength ? prompt : `${prompt.slice(0, endLength)}\n${prompt.slice(-endLength)}`;
  const sentences = read
    .split(sentenceEnd)
    .map((sentence) => sentence.trim().slice(0, partLength))
    .filter((sentence) => sentence !== '');
  const half = maximumParts / 2;
  const chosen =
    sentences.length <= maximumParts ? sentences : [...sentences.slice(0, half), ...sentences.slice(-half)];
  return [...new Set(prompt.length <= partLength ? [prompt.trim(), ...chosen] : chosen)].filter((part) => part !== '');
}
