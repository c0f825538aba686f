/** The collection of a persona: the prefix and the name, in a form that Qdrant accepts for every persona. */
import { createHash } from 'node:crypto';

/** Bytes of UTF-8: the name becomes a folder of Qdrant's. */
const byteLimit = 255;
const hashLength = 16;
/** What Qdrant refuses in the name of a new collection. */
const forbidden = /[<>:"/\\|?*\p{Cc}]/gu;

/**
 * A name that is too long is cut, and ends with a hash of the whole. A character that Qdrant refuses, which only the
 * prefix can hold, is written as "%" and its number, as in a URL.
 */
export function collectionNameOf(prefix: string, persona: string): string {
  const plain = `${prefix}${persona}`.replace(forbidden, (character) => encodeURIComponent(character));
  const name = plain.replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E')).replaceAll('*', '%2A');
  if (Buffer.byteLength(name) <= byteLimit) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, hashLength);
  let beginning = '';
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > byteLimit - hashLength - 1) break;
    beginning += character;
  }
  return `${beginning}~${hash}`;
}
