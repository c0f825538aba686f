/**
 * Which script a text is written in: what decides whether a model that knows one language can say anything about it.
 */
const kana = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const han = /\p{Script=Han}/gu;
const latin = /\p{Script=Latin}/gu;

/** True for a text with kana, and for one that is mostly kanji. A name in kanji does not make a sentence Japanese. */
export function isJapanese(text: string): boolean {
  if (kana.test(text)) return true;
  const kanji = text.match(han)?.length ?? 0;
  return kanji > 0 && kanji * 4 > (text.match(latin)?.length ?? 0);
}
