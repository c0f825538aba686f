/**
 * Reads single values of the original system's tables and files. Its versions stored the same thing in several forms, and
 * some forms are damaged: every function here returns undefined for what it cannot read, and throws nothing.
 */

/** Bytes count as UTF-8. Undefined for NULL, objects and lists. */
export function textIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

/** Trimmed, and undefined if nothing is left. */
export function wordsIn(value: unknown): string | undefined {
  const text = textIn(value)?.trim();
  return text === '' ? undefined : text;
}

export function numberIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** The value of a column that holds JSON, or the text itself where it is none. */
export function jsonIn(value: unknown): unknown {
  const text = textIn(value);
  if (typeof value !== 'string' || text === undefined) return value instanceof Uint8Array ? text : value;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A list of tags: JSON, a list as Python prints it, or words with commas. */
export function tagsIn(value: unknown): string[] {
  const found = jsonIn(value);
  if (Array.isArray(found)) return found.flatMap((tag) => wordsIn(tag) ?? []);
  const text = wordsIn(found);
  if (text === undefined) return [];
  const inner = /^[[(](.*)[\])]$/s.exec(text)?.[1] ?? text;
  return inner.split(/[,、]/).flatMap((tag) => wordsIn(tag.trim().replace(/^(['"])(.*)\1$/s, '$2')) ?? []);
}

/** Whether a value says nothing: NULL, empty text, an empty list or object. */
export function isBlank(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (typeof value !== 'object' || value instanceof Uint8Array) return false;
  return Object.keys(value).length === 0;
}
