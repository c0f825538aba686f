/**
 * How text becomes terms for finding: NFKC and lower case, CJK runs as overlapping bigrams with a tail unigram, other
 * runs as whole words. The store feeds `indexText` to full text and asks with `queryTerms`; NFKC is for finding only.
 */
const cjk = '[\\u3005\\u3007\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}]';
const runPattern = new RegExp(`(${cjk}+)|((?:(?!${cjk})[\\p{L}\\p{N}\\p{M}_])+)`, 'gu');

interface Run {
  readonly text: string;
  readonly cjk: boolean;
}

/** NFKC, lower case: the form in which texts are compared for finding, never for storing. */
export function foldText(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function runsOf(text: string): Run[] {
  return [...foldText(text).matchAll(runPattern)].map((match) => ({ text: match[0], cjk: match[1] !== undefined }));
}

/** The terms of a text as full text stores them: bigrams and the last character of each CJK run, and words. */
export function documentTerms(text: string): string[] {
  const terms: string[] = [];
  for (const run of runsOf(text)) {
    if (!run.cjk) {
      terms.push(run.text);
      continue;
    }
    const characters = [...run.text];
    for (let index = 0; index < characters.length; index++) {
      terms.push((characters[index] ?? '') + (characters[index + 1] ?? ''));
    }
  }
  return terms;
}

export interface QueryTerm {
  readonly text: string;
  /** A single CJK character stands for every term that begins with it. */
  readonly prefix: boolean;
}

/** The distinct terms of a question, in order of appearance. */
export function queryTerms(query: string): QueryTerm[] {
  const terms = new Map<string, QueryTerm>();
  for (const run of runsOf(query)) {
    const characters = run.cjk ? [...run.text] : [run.text];
    if (characters.length === 1) {
      terms.set(run.text, { text: run.text, prefix: run.cjk });
      continue;
    }
    for (let index = 0; index + 1 < characters.length; index++) {
      const text = `${characters[index]}${characters[index + 1]}`;
      terms.set(text, { text, prefix: false });
    }
  }
  return [...terms.values()];
}
