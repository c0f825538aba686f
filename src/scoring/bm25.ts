/**
 * BM25 (Robertson and Zaragoza, 2009) over the terms of `core/text/terms.ts`, as a share of the highest score that the
 * query could reach. Full text only proposes candidates. Their texts are scored here, which makes a score depend on the
 * query and the store alone, and not on the other candidates.
 */
import { documentTerms, type QueryTerm, queryTerms } from '../core/text/terms.ts';
import { rankingParameters } from './ranking-parameters.ts';

/** Statistics over all texts of a store. */
export interface TextStatistics {
  readonly documents: number;
  /** Of `content.length`. */
  readonly averageLength: number;
  /** Document frequency of the term; for a prefix, of all terms that begin with it. May be slightly out of date and, for a prefix, too high. */
  documentsWith(term: QueryTerm): number;
}

export interface RatedTerm extends QueryTerm {
  readonly documents: number;
  /** Weight times inverse document frequency. */
  readonly value: number;
}

/** A query prepared for scoring many texts. */
export interface PreparedQuery {
  /** Most valuable first. Terms that no text holds are included. */
  readonly terms: readonly RatedTerm[];
  readonly totalValue: number;
  readonly averageLength: number;
  readonly lookup: TermLookup;
}

interface TermLookup {
  /** The first UTF-16 units of the terms. */
  readonly beginnings: ReadonlySet<number>;
  readonly whole: ReadonlyMap<string, number>;
  /** By length of the prefix. */
  readonly prefixes: ReadonlyMap<number, ReadonlyMap<string, number>>;
}

export interface TextScore {
  /** 0..1: the share of the query's value that the text covers. */
  readonly coverage: number;
  /** The terms that the text holds, most valuable first. */
  readonly matched: readonly RatedTerm[];
}

export function prepareQuery(query: string, statistics: TextStatistics): PreparedQuery {
  return prepareTerms(queryTerms(query), statistics);
}

export function prepareTerms(asked: readonly QueryTerm[], statistics: TextStatistics): PreparedQuery {
  const terms = asked.map((term) => rate(term, statistics)).sort((one, other) => other.value - one.value);
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
  const { termSaturation: k1, lengthNormalization: b } = rankingParameters.fixed;
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
