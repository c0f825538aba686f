/**
 * How well the words of a text answer a question: BM25 (Robertson and Zaragoza, 2009) over the terms of `core/text/terms.ts`, as
 * a share of the best score that the question could reach. Full text only proposes candidates; their texts are scored
 * here, so that a score depends on the question and the store, never on which candidates were proposed.
 */
import { documentTerms, type QueryTerm, queryTerms } from '../core/text/terms.ts';

/** Low, because memories are short: a second mention says little, and length says little. Chosen by measurement. */
const k1 = 0.7;
const b = 0.4;

/** What is known of all texts of a store. */
export interface TextStatistics {
  readonly documents: number;
  /** Of `content.length`. */
  readonly averageLength: number;
  /** How many texts hold the term; for a prefix, any term that begins with it. May be a little old and, for a prefix, too many. */
  documentsWith(term: QueryTerm): number;
}

export interface RatedTerm extends QueryTerm {
  readonly documents: number;
  /** Weight times inverse document frequency. */
  readonly value: number;
}

/** A question made ready to be held against many texts. */
export interface PreparedQuery {
  /** Most valuable first; those that no text holds are among them. */
  readonly terms: readonly RatedTerm[];
  readonly totalValue: number;
  readonly averageLength: number;
  readonly lookup: TermLookup;
}

interface TermLookup {
  /** The UTF-16 units that the terms begin with. */
  readonly beginnings: ReadonlySet<number>;
  readonly whole: ReadonlyMap<string, number>;
  /** By length of the prefix. */
  readonly prefixes: ReadonlyMap<number, ReadonlyMap<string, number>>;
}

export interface TextScore {
  /** 0..1: the share of what the question asks for that the text holds. */
  readonly coverage: number;
  /** The terms that the text holds, most valuable first. */
  readonly matched: readonly RatedTerm[];
}

export function prepareQuery(query: string, statistics: TextStatistics): PreparedQuery {
  const terms = queryTerms(query)
    .map((term) => rate(term, statistics))
    .sort((one, other) => other.value - one.value);
  const totalValue = terms.reduce((sum, term) => sum + term.value, 0);
  return { terms, totalValue, averageLength: Math.max(1, statistics.averageLength), lookup: lookupOf(terms) };
}

function rate(term: QueryTerm, statistics: TextStatistics): RatedTerm {
  const documents = Math.min(statistics.documents, statistics.documentsWith(term));
  const rarity = Math.log(1 + (statistics.documents - documents + 0.5) / (documents + 0.5));
  return { ...term, documents, value: term.weight * rarity };
}

function lookupOf(terms: readonly RatedTerm[]): TermLookup {
  const whole = new Map<string, number>();
  const prefixes = new Map<number, Map<string, number>>();
  for (const [index, { text, prefix }] of terms.entries()) {
    if (!prefix) {
      whole.set(text, index);
      continue;
    }
    const sameLength = prefixes.get(text.length) ?? new Map<string, number>();
    prefixes.set(text.length, sameLength.set(text, index));
  }
  return { beginnings: new Set(terms.map(({ text }) => text.charCodeAt(0))), whole, prefixes };
}

export function scoreText({ terms, totalValue, averageLength, lookup }: PreparedQuery, text: string): TextScore {
  if (totalValue === 0) return { coverage: 0, matched: [] };
  const counts = new Map<number, number>();
  const count = (index: number | undefined): void => {
    if (index !== undefined) counts.set(index, (counts.get(index) ?? 0) + 1);
  };
  for (const term of documentTerms(text, lookup.beginnings)) {
    count(lookup.whole.get(term));
    for (const [length, prefixes] of lookup.prefixes) {
      if (term.length >= length) count(prefixes.get(term.slice(0, length)));
    }
  }
  const damping = k1 * (1 - b + (b * text.length) / averageLength);
  let sum = 0;
  const matched: RatedTerm[] = [];
  for (const [index, term] of terms.entries()) {
    const occurrences = counts.get(index);
    if (occurrences === undefined) continue;
    sum += (term.value * occurrences) / (occurrences + damping);
    matched.push(term);
  }
  return { coverage: sum / totalValue, matched };
}
