/**
 * Which of the two families of writing a text belongs to, judged by its letters. Recall needs no finer distinction: a
 * model that is at home in one of them may know nothing of the other, and cosines across them are lower by nature.
 */

/** `ja` stands for everything in kana, kanji or hangul, `en` for everything else. */
export type Language = 'ja' | 'en';

const eastAsian = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const letter = /^\p{L}/u;
const beyondAlphabets = /[\u1100-\uffff]/;
/** The beginning says enough. */
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
    // What most texts consist of is told by its number, which is many times faster than the expressions.
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

/** Hiragana, katakana and the kanji of the first block, which all are letters. */
function isCommonJapanese(code: number): boolean {
  return (code >= 0x3041 && code <= 0x3096) || (code >= 0x30a1 && code <= 0x30fa) || (code >= 0x4e00 && code <= 0x9fff);
}

function isLatinLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
