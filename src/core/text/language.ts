/**
 * The language family of a text, judged by its letters. Search needs no finer distinction: a model may be good at one
 * family and know nothing of the other, and cosines between them are lower.
 */

/** `ja` stands for everything in kana, kanji or hangul, `en` for everything else. */
export type Language = 'ja' | 'en';

const eastAsian = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const letter = /^\p{L}/u;
const beyondAlphabets = /[\u1100-\uffff]/;
/** The beginning is enough. */
const readLength = 400;
/** Japanese is full of Latin names, English has no kana: a fifth of the letters decides. */
const decisiveShare = 0.2;

export function languageOf(text: string): Language {
  const beginning = text.slice(0, readLength);
  if (!beyondAlphabets.test(beginning)) return 'en';
  let own = 0;
  let letters = 0;
  for (let index = 0; index < beginning.length; index++) {
    const code = beginning.charCodeAt(index);
    // The common characters are recognised by code, many times faster than by the expressions.
    if (isCommonJapanese(code)) {
      own += 1;
      letters += 1;
    } else if (code < 0x80) {
      letters += Number(isLatinLetter(code));
    } else {
      const character = beginning.slice(index, index + 2);
      own += Number(eastAsian.test(character));
      letters += Number(letter.test(character));
    }
  }
  return own > 0 && own >= decisiveShare * letters ? 'ja' : 'en';
}

/** Hiragana, katakana and the CJK Unified Ideographs block. All of these are letters. */
function isCommonJapanese(code: number): boolean {
  return (code >= 0x3041 && code <= 0x3096) || (code >= 0x30a1 && code <= 0x30fa) || (code >= 0x4e00 && code <= 0x9fff);
}

function isLatinLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
