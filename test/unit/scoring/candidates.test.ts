import { describe, expect, it } from 'vitest';
import { type PreparedQuery, prepareQuery } from '../../../src/scoring/bm25.ts';
import { bestCandidates, termsToLookUp } from '../../../src/scoring/candidates.ts';

function question(query: string, documents: Readonly<Record<string, number>>): PreparedQuery {
  return prepareQuery(query, {
    documents: 1000,
    averageLength: 20,
    documentsWith: ({ text }) => documents[text] ?? 0,
  });
}

describe('the terms to look up', () => {
  it('are the valuable ones that some text holds, within the budget', () => {
    const terms = termsToLookUp(question('egg nut tea fig', { egg: 900, nut: 10, tea: 60 }), 100);
    expect(terms.map(({ text }) => text)).toEqual(['nut', 'tea']);
  });

  it('leave out one that too many texts hold, and not what comes after it', () => {
    const rated = (text: string, value: number, documents: number) => ({
      text,
      value,
      documents,
      prefix: false,
      weight: 1,
    });
    const terms = [rated('nut', 3, 10), rated('egg', 2, 95), rated('tea', 1, 20)];
    const chosen = termsToLookUp({ ...question('', {}), terms }, 100);
    expect(chosen.map(({ text }) => text)).toEqual(['nut', 'tea']);
  });

  it('contain at least one term, even a common one', () => {
    expect(termsToLookUp(question('fig', { fig: 900 }), 100).map(({ text }) => text)).toEqual(['fig']);
  });

  it('are none when no text holds any', () => {
    expect(termsToLookUp(question('egg', {}), 100)).toEqual([]);
  });
});

describe('the best candidates', () => {
  it('hold the greatest sum of value, newest first among equals', () => {
    const [nut, fig] = termsToLookUp(question('nut fig', { nut: 2, fig: 3 }), 100);
    if (nut === undefined || fig === undefined) throw new Error('two terms were expected');
    const postings = [
      { term: nut, ids: [4, 7] },
      { term: fig, ids: [1, 4, 9] },
    ];
    expect(bestCandidates(postings, 10)).toEqual([4, 7, 9, 1]);
    expect(bestCandidates(postings, 2)).toEqual([4, 7]);
  });
});
