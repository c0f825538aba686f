/**
 * Which of the two families of writing a text belongs to, judged by its letters. Recall needs no finer distinction: a
 * model that is at home in one of them may know nothing of the other, and cosines across them are lower by nature.
 */

/** `ja` stands for everything in kana, kanji or hangul, `en` for everything else. */
export type Language = 'ja' | 'en';

const eastAsian = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;
const letters = /\p{L}/gu;
/** The beginning says enough. */
const readLength = 400;
/** Japanese is full of Latin names, English has no kana: a fifth of the letters decides. */
const decisiveShare = 0.2;

export function languageOf(text: string): Language {
  const beginning = text.slice(0, readLength);
  const own = beginning.match(eastAsian)?.length ?? 0;
  if (own === 0) return 'en';
  return own >= decisiveShare * (beginning.match(letters)?.length ?? 0) ? 'ja' : 'en';
}
