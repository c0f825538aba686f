/**
 * Cuts texts for replies, by characters or by the bytes of their JSON, but never inside a grapheme.
 */

/** The size of a value in a reply: its JSON in UTF-8 bytes. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

/** Cuts a text that is longer than `length`, with "…" at the end. */
export function cutText(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, cutBefore(text, length))}…`;
}

/** The longest head of a text whose JSON takes at most `bytes`, but at least one character. */
export function headWithin(text: string, bytes: number): string {
  if (jsonBytes(text) <= bytes) return text;
  let low = 0;
  let high = Math.min(text.length, bytes);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (jsonBytes(text.slice(0, middle)) <= bytes) low = middle;
    else high = middle - 1;
  }
  return text.slice(0, cutBefore(text, low));
}

/** Characters that belong to the one before: marks, selectors, skin tones, joiners. */
const continuing = /^[\p{M}\p{Emoji_Modifier}\p{Default_Ignorable_Code_Point}]/u;
/** Characters that belong to the one after: joiners, and the first half of a line end. */
const leading = /\u200b|\u200d|\r/;
const longestCharacter = 40;

/** The last position up to `position` where the text can be cut, but not before its first character. */
function cutBefore(text: string, position: number): number {
  for (let place = position; place > Math.max(0, position - longestCharacter); place--) {
    if (!isInsidePair(text, place) && !isInsideCharacter(text, place)) return place;
  }
  // No real grapheme is that long. A surrogate pair is kept whole even then.
  const place = Math.max(1, position);
  return isInsidePair(text, place) ? place + 1 : place;
}

function isInsideCharacter(text: string, place: number): boolean {
  return place < text.length && (continuing.test(text.slice(place, place + 2)) || leading.test(text[place - 1] ?? ''));
}

function isInsidePair(text: string, place: number): boolean {
  return /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(Math.max(0, place - 1), place + 1));
}
