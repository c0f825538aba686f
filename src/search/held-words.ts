/**
 * Whether a memory holds a word of the question, or only letters of one. パラグライダー shares two letters with ライブ, and
 * paragliding four with parade: such pieces order what was found by a word, and find nothing by themselves. Kanji are
 * another matter, each of them means something.
 */
import { editDistance } from '../core/text/edit-distance.ts';
import { foldSpelling } from '../core/text/spellings.ts';
import { documentTerms, isWord } from '../core/text/terms.ts';
import type { RatedTerm } from '../scoring/bm25.ts';

/** A shorter word in katakana is in too many others to be a part of one. */
const shortestPart = 3;
/** One letter may differ in a word of this length: ダイアモンド and ダイヤモンド. */
const forgivingLength = 5;
/** Of the longer of two English words, which share their beginning: adoption and adopted. */
const sharedBeginning = 0.6;

const katakanaWords = /[ァ-ヺー]{2,}/g;
const mixedEdges = /[ァ-ヺー][ぁ-ゖ]|[ぁ-ゖ][ァ-ヺー]/g;

/** What a question asks for, in words. */
export interface AskedWords {
  /** In katakana, without a long vowel at the end. */
  readonly katakana: readonly string[];
  readonly latin: readonly string[];
  /** The terms that are only pieces of words. */
  readonly pieces: ReadonlySet<string>;
}

export function readAskedWords(question: string): AskedWords {
  const folded = foldSpelling(question);
  const long = (folded.match(katakanaWords) ?? []).filter((word) => withoutLastVowel(word).length >= shortestPart);
  const pieces = [...long, ...(folded.match(mixedEdges) ?? [])].flatMap((piece) => documentTerms(piece));
  return {
    katakana: long.map(withoutLastVowel),
    latin: documentTerms(question).filter(isWord),
    // The same word in another script is no piece of it, and begins with a kanji.
    pieces: new Set(pieces.filter((term) => !/^\p{Script=Han}/u.test(term))),
  };
}

/** `matched`: the terms of the question that the text holds. */
export function holdsAskedWord(
  { katakana, latin, pieces }: AskedWords,
  matched: readonly RatedTerm[],
  text: string,
): boolean {
  const isPiece = ({ text: term, prefix }: RatedTerm) => (prefix ? isWord(term) : pieces.has(term));
  if (!matched.every(isPiece)) return true;
  if (matched.some(({ prefix }) => prefix) && sharesBeginning(latin, text)) return true;
  return katakana.length > 0 && matched.some(({ prefix }) => !prefix) && holdsKatakana(katakana, text);
}

function katakanaIn(folded: string): string[] {
  return (folded.match(katakanaWords) ?? []).map(withoutLastVowel);
}

const withoutLastVowel = (word: string): string => word.replace(/ー$/, '');

/** The word itself in any kana, a word that it is a longer form of, or one that differs by a letter. */
function holdsKatakana(asked: readonly string[], text: string): boolean {
  const folded = foldSpelling(text);
  const inHiragana = toHiragana(folded);
  if (asked.some((word) => inHiragana.includes(toHiragana(word)))) return true;
  return katakanaIn(folded).some((word) => asked.some((other) => isPartOf(word, other) || isNear(word, other)));
}

function isPartOf(word: string, whole: string): boolean {
  return word.length >= shortestPart && (whole.startsWith(word) || whole.endsWith(word));
}

function isNear(one: string, other: string): boolean {
  return Math.min(one.length, other.length) >= forgivingLength && editDistance(one, other) <= 1;
}

function sharesBeginning(asked: readonly string[], text: string): boolean {
  return documentTerms(text).some((word) => isWord(word) && asked.some((other) => belongTogether(word, other)));
}

function belongTogether(one: string, other: string): boolean {
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  if (short.length < 4) return false;
  let shared = 0;
  while (shared < short.length && short[shared] === long[shared]) shared++;
  return shared === short.length || (shared >= 4 && shared >= sharedBeginning * long.length);
}

function toHiragana(text: string): string {
  return text.replace(/[ァ-ヶ]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60));
}
