/**
 * Cutting texts for replies: by characters or by the bytes of their JSON, never inside a character as people see it,
 * so that what is left reads as it did in the whole.
 */

/** Bytes that a value takes in a reply: its JSON in UTF-8. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

/** A text that is longer than `length` as its beginning and "…". */
export function cutText(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, cutBefore(text, length))}…`;
}

/** The longest beginning of a text whose JSON takes at most `bytes`, at least one character. */
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

/** What belongs to the character before it: marks, selectors, skin tones, joiners. */
const continuing = /^[\p{M}\p{Emoji_Modifier}\p{Default_Ignorable_Code_Point}]/u;
/** What belongs to the character after it as well: joiners, and half of a line end. */
const leading = /\u200b|\u200d|\r/;
const longestCharacter = 40;

/** The last place up to `position` where a text may be cut, after its first character. */
function cutBefore(text: string, position: number): number {
  for (let place = position; place > Math.max(0, position - longestCharacter); place--) {
    if (!isInsidePair(text, place) && !isInsideCharacter(text, place)) return place;
  }
  // Nothing that people write is that long; a pair is not torn even then.
  const place = Math.max(1, position);
  return isInsidePair(text, place) ? place + 1 : place;
}

function isInsideCharacter(text: string, place: number): boolean {
  return place < text.length && (continuing.test(text.slice(place, place + 2)) || leading.test(text[place - 1] ?? ''));
}

function isInsidePair(text: string, place: number): boolean {
  return /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(Math.max(0, place - 1), place + 1));
}
