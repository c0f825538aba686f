/**
 * JSON with whole numbers of more digits than a double can hold: the original system named its points by 64-bit numbers,
 * and JSON.parse would name others.
 */
const longNumber = /"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;
/** No text of a memory begins so: what is stored has no NUL in front. */
const mark = '\u0000long:';

/** A whole number as it was written. */
export class LongNumber {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }
}

/** Whole numbers of 16 digits and more become `LongNumber`. Throws a SyntaxError, as JSON.parse does. */
export function parseLossless(text: string): unknown {
  const marked = text.replace(longNumber, (found) => (found.startsWith('"') ? found : `"\\u0000long:${found}"`));
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? new LongNumber(value.slice(mark.length)) : value,
  );
}

/** The JSON of an id: digits as they were, or a text. */
export function idJson(id: LongNumber | number | string): string {
  return id instanceof LongNumber ? id.digits : JSON.stringify(id);
}
