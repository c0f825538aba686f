/**
 * How text becomes terms for finding. Scripts written without spaces become overlapping pairs of characters, and each
 * kanji by itself; other scripts become words without inflection. Spellings are folded (`spellings.ts`), and what is
 * written as one word or as several (e-mail, 16 GB, Node20) is a term in both ways.
 * The store feeds `documentTerms` to full text and looks up `queryTerms`; nothing of this is ever stored as content.
 */
import { countedTerms } from './counted-things.ts';
import { foldLetters, foldSpelling, writeDigraphs } from './spellings.ts';
import { isFunctionWord, stemOf, withApostrophe } from './stemming.ts';
import { twoScriptTerms } from './two-scripts.ts';

/** The store rebuilds its full text when this differs from the number it was built with. */
export const termsVersion = 3;

/** Distinct terms of one question; a pasted page is cut to the terms that say most. */
export const queryTermLimit = 384;
/** Characters of a word that count: what is longer is a hash or an encoded file. */
const wordLimit = 64;
const prefixLength = 4;

/**
 * How much a match says before its rarity is counted, chosen by measurement. Pairs of hiragana are mostly endings and
 * particles; pairs of kanji or katakana are mostly content.
 */
const weights = {
  word: 1,
  functionWord: 0.2,
  prefix: 0.5,
  pair: 1,
  kanji: 0.8,
  mixedPair: 0.4,
  hiraganaPair: 0.25,
  /** Another way to write what already counts by itself. */
  spelling: 0.6,
  /** A part of what is one word to most people, as of e-mail. */
  joinedPart: 0.3,
};

const joined = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}ー';
const runPattern = new RegExp(
  `([${joined}]+)|((?:(?![${joined}])[\\p{L}\\p{N}\\p{M}])+)(\\+\\+|#(?![\\p{L}\\p{N}]))?|(\\p{Extended_Pictographic})`,
  'gu',
);
const spaceless = new RegExp(`^[${joined}]`, 'u');
const kanji = /^\p{Script=Han}/u;
const hiragana = /^\p{Script=Hiragana}/u;
/** Between words without a space these make one of them: e-mail, node.js, R&D, O'Brien. */
const jointCharacters = new Set("-.&'");
/** Of more parts than these the whole is a path or an address. */
const jointLimit = 4;
const anyDigit = /\d/;
/** Letters and figures that are written together or apart: Node20, 16GB. */
const lettersBeforeNumber = /^(\p{L}{2,})(\d+)$/u;
const numberBeforeLetters = /^(\d+)(\p{L}{1,4})$/u;
const number = /^\d+$/;
const unit = /^\p{L}{1,4}$/u;
const ascii = /^[a-z0-9]*$/;

export interface QueryTerm {
  readonly text: string;
  /** Stands for every term that begins with `text`. */
  readonly prefix: boolean;
  /** 0..1, to be multiplied with the rarity of the term. */
  readonly weight: number;
}

/**
 * The terms of a text in order, repetitions included, as full text stores them and as `QueryTerm.text` is matched.
 * Whoever looks for a few terms names the UTF-16 units that these begin with, and is spared most of the others.
 */
export function documentTerms(text: string, beginnings?: ReadonlySet<number>): string[] {
  const terms: string[] = [];
  const push = (term: string): void => {
    if (term !== '' && (beginnings === undefined || beginnings.has(term.charCodeAt(0)))) terms.push(term);
  };
  const folded = foldSpelling(text);
  readPieces(folded, {
    words: (joined) => pushWords(joined, beginnings, push),
    run: (run) => pushRunTerms(terms, foldKana(run), beginnings),
    symbol: (symbol) => push(symbolTerm(symbol)),
  });
  terms.push(...countedTerms(folded, beginnings), ...twoScriptTerms(folded, beginnings));
  return terms;
}

/** Whether a term is a whole word, not a piece of a script written without spaces. */
export function isWord(term: string): boolean {
  return !spaceless.test(term);
}

/** Each word, its parts where letters and figures meet, and what is one word with its neighbour in another spelling. */
function pushWords(
  { words, joints, before }: JoinedWords,
  beginnings: ReadonlySet<number> | undefined,
  push: (term: string) => void,
): void {
  for (const { text, mark } of words) {
    // An accent may go, a plain letter stays what it is.
    const first = text.charCodeAt(0);
    const plain = first < 0x80;
    if (!plain || beginnings === undefined || beginnings.has(first)) push(wordTerm(text, mark));
    if (holdsNumber(text)) for (const part of partsOf(text)) push(wordTerm(part));
    const digraphs = plain && ascii.test(text) ? undefined : writeDigraphs(text);
    if (digraphs !== undefined) push(stemOf(digraphs));
  }
  if (joints !== '') push(joinedTerm(words));
  const [{ text: first = '' } = {}] = words;
  if (before !== undefined && isOneWord(before, first)) push(wordTerm(before + first));
}

/** "16 GB" is 16GB. "Node 20" needs no such term: a question for Node20 asks for node as well. */
function isOneWord(one: string, other: string): boolean {
  return isDigit(one.charCodeAt(0)) && unit.test(other) && number.test(one) && !isFunctionWord(other);
}

/** The letters and the figures of Node20 and 16GB; none of other words. */
function partsOf(word: string): readonly string[] {
  return (lettersBeforeNumber.exec(word) ?? numberBeforeLetters.exec(word) ?? []).slice(1);
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/** Whether it begins or ends with a figure. */
function holdsNumber(word: string): boolean {
  return isDigit(word.charCodeAt(0)) || isDigit(word.charCodeAt(word.length - 1));
}

const joinedTerm = (words: readonly Word[]): string => wordTerm(words.map(({ text }) => text).join(''));

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
  const folded = foldSpelling(query);
  readPieces(folded, {
    words: (joined) => addWords(joined, add),
    run: (run) => addRun(run, add),
    symbol: (symbol) => add(symbolTerm(symbol), weights.word),
  });
  for (const term of [...countedTerms(folded), ...twoScriptTerms(folded)]) add(term, weights.spelling);
  const distinct = [...terms.values()];
  if (distinct.length <= queryTermLimit) return distinct;
  return distinct.sort((one, other) => other.weight - one.weight).slice(0, queryTermLimit);
}

type AddTerm = (text: string, weight: number, prefix?: boolean) => void;

function addWords({ words, joints }: JoinedWords, add: AddTerm): void {
  // Of e-mail and Wi-Fi the parts say little, of well-known and 2026-11-24 most.
  const isOne = /[-&]/.test(joints) && words.some(({ text }) => text.length <= 2 && !anyDigit.test(text));
  if (joints !== '') add(joinedTerm(words), isOne ? weights.word : weights.spelling);
  for (const word of words) {
    if (isOne) add(wordTerm(word.text, word.mark), weights.joinedPart);
    else addWord(word, add);
  }
}

function addWord({ text, mark }: Word, add: AddTerm): void {
  const term = wordTerm(text, mark);
  if (term === '') return;
  const share = isFunctionWord(withApostrophe(text)) ? weights.functionWord : weights.word;
  add(term, share);
  if (term.length >= prefixLength && !anyDigit.test(term)) {
    add([...term].slice(0, prefixLength).join(''), share * weights.prefix, true);
  }
  const [name = ''] = partsOf(text);
  if (/^\p{L}{3,}/u.test(name)) add(wordTerm(name), weights.spelling);
  const digraphs = ascii.test(text) ? undefined : writeDigraphs(text);
  if (digraphs !== undefined) add(stemOf(digraphs), weights.spelling);
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

interface Word {
  readonly text: string;
  readonly mark?: string | undefined;
}

/** A word, or several that are joined without a space, such as e-mail. */
interface JoinedWords {
  readonly words: readonly Word[];
  /** What stands between them. */
  readonly joints: string;
  /** The word before, one space away. */
  readonly before: string | undefined;
}

/** Is told of what a text consists of, in order. */
interface PieceReader {
  words(joined: JoinedWords): void;
  run(run: string): void;
  symbol(symbol: string): void;
}

/** Cuts a text in its folded spelling into what becomes terms. */
function readPieces(folded: string, reader: PieceReader): void {
  let words: Word[] = [];
  let joints = '';
  let before: string | undefined;
  let end = -1;
  for (const { index, 0: whole, 1: run, 2: text, 3: mark, 4: symbol } of folded.matchAll(runPattern)) {
    const last = words.at(-1)?.text;
    const gap = index - end === 1 ? folded.charAt(end) : '';
    const joined = last !== undefined && text !== undefined && joints.length < jointLimit && isJoint(gap, last, text);
    if (last !== undefined && !joined) {
      reader.words({ words, joints, before });
      words = [];
      joints = '';
    }
    if (text !== undefined) {
      if (joined) joints += gap;
      else before = gap === ' ' ? last : undefined;
      words.push({ text, mark });
    } else if (run !== undefined) reader.run(run);
    else if (symbol !== undefined) reader.symbol(symbol);
    end = index + whole.length;
  }
  if (words.length > 0) reader.words({ words, joints, before });
}

/** 3.12 and 312 are two numbers; 090-1234 and 0901234 are one. */
function isJoint(gap: string, last: string, next: string): boolean {
  if (gap === '' || !jointCharacters.has(gap)) return false;
  return gap !== '.' || !(isDigit(last.charCodeAt(last.length - 1)) && isDigit(next.charCodeAt(0)));
}

/** "C++" and "C#" are not "C": full text has no term for signs, so they become letters. */
function wordTerm(word: string, mark?: string): string {
  if (mark !== undefined) return word.slice(0, wordLimit) + (mark === '#' ? 'sharp' : 'pp');
  const plain = ascii.test(word) ? withApostrophe(word) : foldLetters(word);
  return stemOf(plain.length <= wordLimit ? plain : [...plain.slice(0, 2 * wordLimit)].slice(0, wordLimit).join(''));
}

function symbolTerm(symbol: string): string {
  return `emoji${symbol.codePointAt(0)?.toString(16)}`;
}

/** Katakana as hiragana, one character for one; the small ke of 三ヶ月 is read ka. */
function foldKana(run: string): string {
  return run
    .replace(/[ヵヶゖ]/g, 'か')
    .replace(/[ァ-ヴヽヾ]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0x60));
}
