import { describe, expect, it } from 'vitest';
import { type PreparedQuery, prepareQuery } from '../../../src/scoring/bm25.ts';
import { bestCandidates, lookUpTerms, type Posting, type TermLookUp } from '../../../src/scoring/candidates.ts';

function question(query: string, documents: Readonly<Record<string, number>>): PreparedQuery {
  return prepareQuery(query, {
    documents: 1000,
    averageLength: 20,
    documentsWith: ({ text }) => documents[text] ?? 0,
  });
}

/** Looks terms up in these texts, as if the filter hid none. */
function lookUpIn(documents: Readonly<Record<string, number>>, hidden = 0): TermLookUp {
  return {
    hidden,
    postings: ({ text }, limit) => Array.from({ length: Math.min(limit, documents[text] ?? 0) }, (_, at) => at + 1),
  };
}

const wordsOf = (found: readonly Posting[]) => found.map(({ term }) => term.text);

describe('the terms to look up', () => {
  it('are the valuable ones that some text holds, within the budget', () => {
    const documents = { egg: 900, nut: 10, tea: 60 };
    const found = lookUpTerms(question('egg nut tea fig', documents), 100, lookUpIn(documents));
    expect(wordsOf(found)).toEqual(['nut', 'tea']);
    expect(found.map(({ ids }) => ids.length)).toEqual([10, 60]);
  });

  it('leave out one that too many texts hold, and not what comes after it', () => {
    const documents = { nut: 10, egg: 95, tea: 20 };
    const rated = (text: keyof typeof documents, value: number) => ({
      text,
      value,
      documents: documents[text],
      prefix: false,
      weight: 1,
    });
    const terms = [rated('nut', 3), rated('egg', 2), rated('tea', 1)];
    expect(wordsOf(lookUpTerms({ ...question('', {}), terms }, 100, lookUpIn(documents)))).toEqual(['nut', 'tea']);
  });

  it('contain at least one term, even a common one, with the texts that fit', () => {
    const documents = { fig: 900 };
    const [fig, ...others] = lookUpTerms(question('fig', documents), 100, lookUpIn(documents));
    expect([fig?.term.text, fig?.ids.length, others]).toEqual(['fig', 100, []]);
  });

  it('are none when no text holds any', () => {
    expect(lookUpTerms(question('egg', {}), 100, lookUpIn({}))).toEqual([]);
  });

  it('are looked up behind the filter, and what it hides takes nothing of the budget', () => {
    const documents = { fig: 400, nut: 400, tea: 401 };
    const found = lookUpTerms(question('fig nut tea', documents), 100, lookUpIn({ tea: 1 }, 401));
    expect(found.map(({ term, ids }) => [term.text, ids])).toEqual([['tea', [1]]]);
  });

  it('are not counted behind the filter where more than fit must be there', () => {
    const documents = { fig: 60, tea: 401 };
    const asked: string[] = [];
    const { postings } = lookUpIn({ fig: 60, tea: 361 });
    lookUpTerms(question('fig tea', documents), 100, {
      hidden: 40,
      postings: (term, limit) => {
        asked.push(term.text);
        return postings(term, limit);
      },
    });
    expect(asked).toEqual(['fig']);
  });
});

describe('the best candidates', () => {
  it('hold the greatest sum of value, newest first among equals', () => {
    const [nut, fig] = question('nut fig', { nut: 2, fig: 3 }).terms;
    if (nut === undefined || fig === undefined) throw new Error('two terms were expected');
    const postings = [
      { term: nut, ids: [4, 7] },
      { term: fig, ids: [1, 4, 9] },
    ];
    expect(bestCandidates(postings, 10)).toEqual([4, 7, 9, 1]);
    expect(bestCandidates(postings, 2)).toEqual([4, 7]);
  });
});
