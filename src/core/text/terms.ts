/**
 * How text becomes terms for finding. Scripts written without spaces become overlapping pairs of characters, and each
 * kanji by itself; other scripts become words without inflection. Width, case, accents and the two kana are folded.
 * The store feeds `documentTerms` to full text and looks up `queryTerms`; nothing of this is ever stored as content.
 */
import { isFunctionWord, stemOf } from './stemming.ts';

/** The store rebuilds its full text when this differs from the number it was built with. */
export const termsVersion = 2;

/** Distinct terms of one question; a pasted page is cut to the terms that say most. */
export const queryTermLimit = 384;
/** Characters of a word that count: what is longer is a hash or an encoded file. */
const wordLimit = 64;
const prefixLength = 4;

/**
 * How much a match says before its rarity is counted, chosen by measurement. Pairs of hiragana are mostly endings and
 * particles; pairs of kanji or katakana are mostly content.
 */
const weights = { word: 1, functionWord: 0.2, prefix: 0.5, pair: 1, kanji: 0.8, mixedPair: 0.4, hiraganaPair: 0.25 };

const joined = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}ー';
const runPattern = new RegExp(
  `([${joined}]+)|((?:(?![${joined}])[\\p{L}\\p{N}\\p{M}])+)(\\+\\+|#(?![\\p{L}\\p{N}]))?|(\\p{Extended_Pictographic})`,
  'gu',
);
const spaceless = new RegExp(`^[${joined}]`, 'u');
const kanji = /^\p{Script=Han}/u;
const hiragana = /^\p{Script=Hiragana}/u;
const clitic = /(?:n['’]t|['’](?:s|re|ve|ll|d|m))(?!\p{L})/gu;
const accents = /[\u0300-\u036f]/g;
const ascii = /^[a-z0-9]*$/;

export interface QueryTerm {
  readonly text: string;
  /** Stands for every term that begins with `text`. */
  readonly prefix: boolean;
  /** 0..1, to be multiplied with the rarity of the term. */
  readonly weight: number;
}

/** NFKC, lower case: the form in which texts are compared for finding, never for storing. */
export function foldText(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/**
 * The terms of a text in order, repetitions included, as full text stores them and as `QueryTerm.text` is matched.
 * Whoever looks for a few terms names the UTF-16 units that these begin with, and is spared most of the others.
 */
export function documentTerms(text: string, beginnings?: ReadonlySet<number>): string[] {
  const terms: string[] = [];
  for (const [, run, word, mark, symbol] of runsOf(text)) {
    if (word !== undefined) {
      // An accent may go, a plain letter stays what it is.
      const first = word.charCodeAt(0);
      if (beginnings === undefined || first >= 0x80 || beginnings.has(first)) pushWord(terms, wordTerm(word, mark));
    } else if (symbol !== undefined) terms.push(symbolTerm(symbol));
    else if (run !== undefined) pushRunTerms(terms, foldKana(run), beginnings);
  }
  return terms;
}

/** Whether a term is a whole word, not a piece of a script written without spaces. */
export function isWord(term: string): boolean {
  return !spaceless.test(term);
}

/** An accent by itself is a mark and no word: nothing is left of it. */
function pushWord(terms: string[], term: string): void {
  if (term !== '') terms.push(term);
}

/** The last character stands alone as well, so that a single character finds every place where it occurs. */
function pushRunTerms(terms: string[], run: string, beginnings: ReadonlySet<number> | undefined): void {
  for (let start = 0, middle = 0; start < run.length; start = middle) {
    middle = characterEnd(run, start);
    if (beginnings !== undefined && !beginnings.has(run.charCodeAt(start))) continue;
    if (middle < run.length) terms.push(run.slice(start, characterEnd(run, middle)));
    const character = run.slice(start, middle);
    if (middle === run.length || isKanji(character)) terms.push(character);
  }
}

/** Where the character that begins at a position ends, surrogate pairs being one. */
function characterEnd(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return index + (code >= 0xd800 && code < 0xdc00 ? 2 : 1);
}

/** Kana and the common kanji are told by their number, which is many times faster than the expression. */
function isKanji(character: string): boolean {
  const code = character.charCodeAt(0);
  if (code >= 0x3040 && code < 0x3100) return false;
  return (code >= 0x4e00 && code < 0xa000) || kanji.test(character);
}

/** The distinct terms of a question, in order of appearance; of more than `queryTermLimit` the heaviest. */
export function queryTerms(query: string): QueryTerm[] {
  const terms = new Map<string, QueryTerm>();
  const add = (text: string, weight: number, prefix = false): void => {
    const key = prefix ? `${text}*` : text;
    if (!terms.has(key)) terms.set(key, { text, prefix, weight });
  };
  for (const [, run, word, mark, symbol] of runsOf(query)) {
    if (word !== undefined) addWord(word, mark, add);
    else if (symbol !== undefined) add(symbolTerm(symbol), weights.word);
    else if (run !== undefined) addRun(run, add);
  }
  const distinct = [...terms.values()];
  if (distinct.length <= queryTermLimit) return distinct;
  return distinct.sort((one, other) => other.weight - one.weight).slice(0, queryTermLimit);
}

type AddTerm = (text: string, weight: number, prefix?: boolean) => void;

function addWord(word: string, mark: string | undefined, add: AddTerm): void {
  const term = wordTerm(word, mark);
  if (term === '') return;
  const share = isFunctionWord(word) ? weights.functionWord : weights.word;
  add(term, share);
  if (term.length >= prefixLength && !/\d/.test(term)) {
    add([...term].slice(0, prefixLength).join(''), share * weights.prefix, true);
  }
}

function addRun(run: string, add: AddTerm): void {
  const written = [...run];
  const characters = [...foldKana(run)];
  for (const [index, character] of characters.entries()) {
    if (characters.length === 1) {
      add(character, weights.pair, !isKanji(character));
      continue;
    }
    const next = characters[index + 1];
    if (next !== undefined) add(character + next, pairWeight(written[index] ?? '', written[index + 1] ?? ''));
    if (isKanji(character)) add(character, weights.kanji);
  }
}

/** Judged by what was written: a word in katakana is content, though it is found in hiragana too. */
function pairWeight(first: string, second: string): number {
  const count = Number(hiragana.test(first)) + Number(hiragana.test(second));
  return count === 2 ? weights.hiraganaPair : count === 1 ? weights.mixedPair : weights.pair;
}

function runsOf(text: string): IterableIterator<RegExpMatchArray> {
  return foldVu(foldText(text)).replace(clitic, '').matchAll(runPattern);
}

/** "C++" and "C#" are not "C": full text has no term for signs, so they become letters. */
function wordTerm(word: string, mark: string | undefined): string {
  if (mark !== undefined) return word.slice(0, wordLimit) + (mark === '#' ? 'sharp' : 'pp');
  const plain = ascii.test(word) ? word : word.normalize('NFD').replace(accents, '').normalize('NFC');
  return stemOf(plain.length <= wordLimit ? plain : [...plain.slice(0, 2 * wordLimit)].slice(0, wordLimit).join(''));
}

function symbolTerm(symbol: string): string {
  return `emoji${symbol.codePointAt(0)?.toString(16)}`;
}

/** ヴァイオリン is バイオリン, as most people type it. */
function foldVu(text: string): string {
  return text
    .replace(
      /[ヴゔ]([ァィェォぁぃぇぉ])/g,
      (_, vowel: string) => 'バビベボバビベボ'['ァィェォぁぃぇぉ'.indexOf(vowel)] ?? '',
    )
    .replace(/[ヴゔ]/g, 'ブ');
}

/** Katakana as hiragana, one character for one; the small ke of 三ヶ月 is read ka. */
function foldKana(run: string): string {
  return run
    .replace(/[ヵヶゖ]/g, 'か')
    .replace(/[ァ-ヴヽヾ]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0x60));
}
