/**
 * The stored memories that say nearly what another says. The receipt of memory_create names them, because an assistant
 * should rather update those, and so does that of memory_delete: they are left. Words are always compared, meaning where
 * the memory has its vector. `npm run bench -- similar` measures what its limits name.
 */
import { reasonOf } from '../core/errors.ts';
import type { Memory, MemoryFilter, MemoryId, MemoryKey } from '../core/memory.ts';
import { languageOf } from '../core/text/language.ts';
import { documentTerms, queryTerms } from '../core/text/terms.ts';
import { visibleText } from '../core/text/visible-text.ts';
import { withinTime } from '../core/time/within-time.ts';
import type { Scope } from '../persona/scope.ts';
import type { Workspace } from '../persona/workspace.ts';
import { cutText } from '../reply/reply-text.ts';
import { type PreparedQuery, prepareTerms, scoreText, type TextScore, type TextStatistics } from '../scoring/bm25.ts';
import { bestCandidates, lookUpTerms } from '../scoring/candidates.ts';
import { nearness } from '../scoring/model-quality.ts';
import { countStandingOut, type StandingOutRule } from '../scoring/standing-out.ts';
import type { MemoryStore } from '../store/memory-store.ts';
import { statisticsOf } from './lexical-search.ts';
import { findNearest } from './semantic-search.ts';

export interface SimilarMemory {
  readonly key: MemoryKey;
  /** The beginning of its text. */
  readonly preview: string;
  readonly by: 'words' | 'meaning';
}

/** Of the share of words that each text has in common with the other. */
const byWords: StandingOutRule = { limit: 0.55, lead: { ofOne: 0.3, ofSeveral: 0.3 } };
const leastLead = Math.min(byWords.lead.ofOne, byWords.lead.ofSeveral);
/** Of nearness, on which a question and its answer are at 1. Two texts that say the same are nearer. */
const byMeaning: StandingOutRule = { limit: 2.65, lead: { ofOne: 0.39, ofSeveral: 0.75 } };

/** The beginning of a long text is compared. */
const comparedCharacters = 240;
/** How many texts the looked-up words name together, and how many are read. */
const lookupBudget = 1_000;
const readLimit = 24;
/** By what share the frequencies of words may be off. */
const tolerance = 0.2;
/** The best by words whose own words are looked at. */
const compared = 8;
/** More than can be named: the lead over the others has to be seen, and a long memory may have several of the vectors. */
const nearestLimit = 24;
/** A receipt does not wait for a server of vectors. */
const patienceMilliseconds = 150;
const mostNamed = 3;
const previewLength = 80;

const live: MemoryFilter = { deleted: 'exclude' };

/**
 * At most three, none of `except`. By words alone where the memory has no vector yet or its model has no scale. Never
 * fails, because what it is called for is done or has to be.
 */
export async function findSimilar(
  { workspace, logger }: Pick<Scope, 'workspace' | 'logger'>,
  memory: Memory,
  except: ReadonlySet<MemoryId> = new Set([memory.id]),
): Promise<SimilarMemory[]> {
  const { store } = workspace;
  try {
    const words = similarByWords(store, memory, except);
    const meaning = (await withinTime(similarByMeaning(workspace, memory, except), patienceMilliseconds)) ?? [];
    const chosen = new Map<MemoryId, SimilarMemory['by']>([
      ...words.map((id) => [id, 'words'] as const),
      ...meaning.filter((id) => !words.includes(id)).map((id) => [id, 'meaning'] as const),
    ]);
    const memories = store.memories.byIds([...chosen.keys()].slice(0, mostNamed));
    return [...memories.values()].map(({ id, key, content }) => ({
      key,
      preview: cutText(visibleText(content), previewLength),
      by: chosen.get(id) ?? 'words',
    }));
  } catch (error) {
    logger.warn('similar memories could not be looked for', { key: memory.key, reason: reasonOf(error) });
    return [];
  }
}

function similarByWords(store: MemoryStore, { content }: Memory, except: ReadonlySet<MemoryId>): MemoryId[] {
  const text = content.slice(0, comparedCharacters);
  const statistics = statisticsOf(store, tolerance);
  const query = prepareWords(text, statistics);
  const postings = lookUpTerms(query, lookupBudget, {
    hidden: 0,
    // A word that one text holds is held by this one.
    postings: (term, limit) => (term.documents === 1 ? [] : store.fullText.postings(term, live, limit)),
  });
  const candidates = bestCandidates(postings, readLimit).filter((id) => !except.has(id));
  const shares = store.memories
    .texts(candidates, 'live')
    .map((memory) => ({ memory, share: shareOf(query, scoreText(query, memory.content.slice(0, comparedCharacters))) }))
    .toSorted((one, other) => other.share - one.share)
    .slice(0, compared);
  // The score is at most the root of the share, so most texts need no second look.
  if ((shares[0]?.share ?? 0) < byWords.limit ** 2) return [];
  const ownTerms = new Set(documentTerms(text));
  const scored: { id: MemoryId; score: number }[] = [];
  for (const { memory, share } of shares) {
    // What decides is the first ones and the one after them, and none has a lead where that one is near the best.
    const best = Math.max(scored[0]?.score ?? 0, Math.sqrt(share));
    const last = scored[mostNamed]?.score ?? 0;
    if (last >= Math.sqrt(share) || last > best - leastLead) break;
    const other = prepareWords(memory.content.slice(0, comparedCharacters), statistics);
    const matched = other.terms.filter((term) => ownTerms.has(term.text));
    scored.push({ id: memory.id, score: Math.sqrt(share * shareOf(other, { matched })) });
    scored.sort((one, another) => another.score - one.score);
  }
  return headStandingOut(scored, byWords);
}

/** Whole words only: to count the texts with a beginning of a word takes longest, and both texts are whole. */
function prepareWords(text: string, statistics: TextStatistics): PreparedQuery {
  return prepareTerms(
    queryTerms(text).filter(({ prefix }) => !prefix),
    statistics,
  );
}

/** The share of a text's words that another has too, rare words counting more. */
function shareOf({ totalValue }: PreparedQuery, { matched }: Pick<TextScore, 'matched'>): number {
  return totalValue === 0 ? 0 : matched.reduce((sum, { value }) => sum + value, 0) / totalValue;
}

async function similarByMeaning(
  workspace: Workspace,
  { id, content }: Memory,
  except: ReadonlySet<MemoryId>,
): Promise<MemoryId[]> {
  const { store, modelEvaluation } = workspace;
  const space = store.vectors.currentSpace();
  const quality = space === undefined ? undefined : modelEvaluation.qualityOf(space);
  const [own] = space === undefined ? [] : store.vectors.ofMemories([id], space);
  if (space === undefined || quality === undefined || own === undefined) return [];
  const nearest = await findNearest(workspace, { vector: own.vector, space }, live, nearestLimit);
  if ('unavailable' in nearest) return [];
  for (const left of except) nearest.hits.delete(left);
  const texts = new Map(store.memories.texts([...nearest.hits.keys()]).map((text) => [text.id, text]));
  const language = languageOf(content);
  const scored = [...nearest.hits]
    .map(([hit, cosine]) => ({
      id: hit,
      score: nearness(quality, cosine, language, languageOf(texts.get(hit)?.content ?? '')) ?? 0,
    }))
    .toSorted((one, other) => other.score - one.score);
  return headStandingOut(scored, byMeaning);
}

function headStandingOut(scored: readonly { id: MemoryId; score: number }[], rule: StandingOutRule): MemoryId[] {
  const count = countStandingOut(
    scored.map(({ score }) => score),
    rule,
  );
  return scored.slice(0, count).map(({ id }) => id);
}
