/**
 * The memories that bear on a prompt, in whole or on one of its sentences. Words alone decide; `scoring/prompt-relevance`
 * has the limit.
 */
import type { Memory, MemoryId } from '../core/memory.ts';
import { foldText } from '../core/text/spellings.ts';
import type { TextStatistics } from '../scoring/bm25.ts';
import { judgeRelevance, type Relevance } from '../scoring/prompt-relevance.ts';
import { prepareWordQuery, searchWords } from '../search/lexical-search.ts';
import type { MemoryStore } from '../store/memory-store.ts';

/** Why a memory is shown or not. */
export interface JudgedMemory extends Relevance {
  readonly memory: Memory;
  /** The part of the prompt that it was found by. */
  readonly part: string;
  readonly ofProject: boolean;
}

export interface RelevanceOptions {
  /** Which memories may be shown at all. */
  readonly allowed: (memory: Memory) => boolean;
  /** Memories with this tag come first. */
  readonly projectTag: string | undefined;
}

/** A pasted file is no question: only its first and last sentences are looked at. */
const maximumParts = 12;
const partLength = 400;
/** The best of each part that are judged. */
const judgedPerPart = 5;
const minimumDocuments = 200;
const sentenceEnd = /(?<=[.!?]\s)|(?<=[。！？\n])/u;

/** Every judged memory once, by the part that speaks most for it: the relevant ones first, those of the project before others. */
export function findRelevantMemories(
  store: MemoryStore,
  prompt: string,
  { allowed, projectTag }: RelevanceOptions,
): JudgedMemory[] {
  const best = new Map<MemoryId, Relevance & { part: string }>();
  const statistics = statisticsOf(store);
  const parts = partsOf(prompt);
  for (const part of parts) {
    const query = prepareWordQuery(part, statistics);
    for (const hit of searchWords(store, query, { deleted: 'exclude' }).slice(0, judgedPerPart)) {
      const judged = { ...judgeRelevance(hit, { length: hit.memory.content.length, parts: parts.length }), part };
      const before = best.get(hit.memory.id);
      if (before === undefined || surplus(judged) > surplus(before)) best.set(hit.memory.id, judged);
    }
  }
  const memories = store.memories.byIds([...best.keys()]);
  const tag = projectTag === undefined ? undefined : foldText(projectTag);
  return [...best]
    .flatMap(([id, judged]): JudgedMemory[] => {
      const memory = memories.get(id);
      if (memory === undefined || !allowed(memory)) return [];
      return [{ ...judged, memory, ofProject: memory.tags.some((own) => foldText(own) === tag) }];
    })
    .sort(
      (one, other) =>
        Number(other.relevant) - Number(one.relevant) ||
        Number(other.ofProject) - Number(one.ofProject) ||
        surplus(other) - surplus(one) ||
        other.memory.id - one.memory.id,
    );
}

/** In a store of a few memories every word would be common, and what they say would count for nothing. */
function statisticsOf(store: MemoryStore): TextStatistics {
  const { count, totalLength } = store.fullText.statistics();
  return {
    documents: Math.max(count, minimumDocuments),
    averageLength: count === 0 ? 0 : totalLength / count,
    documentsWith: (term) => store.fullText.documentFrequency(term),
  };
}

/** A relevant one counts more than any other. */
function surplus({ coverage, limit, relevant }: Relevance): number {
  return coverage - limit + (relevant ? 1 : 0);
}

/** The whole prompt if it is short, and each of its sentences. */
function partsOf(prompt: string): string[] {
  const sentences = prompt
    .split(sentenceEnd)
    .map((sentence) => sentence.trim().slice(0, partLength))
    .filter((sentence) => sentence !== '');
  const half = maximumParts / 2;
  const chosen =
    sentences.length <= maximumParts ? sentences : [...sentences.slice(0, half), ...sentences.slice(-half)];
  return [...new Set(prompt.length <= partLength ? [prompt.trim(), ...chosen] : chosen)].filter((part) => part !== '');
}
