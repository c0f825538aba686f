/** Reads a JSON array element by element, in bounded memory: exports of conversations are one array of gigabytes. */
import { MemoryMcpError } from '../core/errors.ts';
import { quoteForMessage } from '../core/text/visible-text.ts';
import type { Document } from './document.ts';
import { damaged } from './lines.ts';
import { utf8Chunks } from './utf8.ts';

export interface Element {
  /** Counts from 1. */
  readonly number: number;
  readonly text: string;
}

/** Longer than any conversation. */
const elementLimit = 128 * 2 ** 20;
const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const opening = new Set([0x5b, 0x7b]);
const closing = new Set([0x5d, 0x7d]);
const space = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Only the bytes that structure JSON are looked at; none of them occurs within a character of several bytes. */
export async function* elementsOf(document: Document): AsyncGenerator<Element> {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let ended = false;
  let number = 0;
  let parts: Buffer[] = [];
  let length = 0;
  const take = (last: Buffer): Element | undefined => {
    const text = Buffer.concat([...parts, last])
      .toString('utf8')
      .trim();
    parts = [];
    length = 0;
    if (text === '') return undefined;
    number += 1;
    return { number, text };
  };
  for await (const chunk of utf8Chunks(document)) {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
      } else if (byte === quote && depth > 0) inString = true;
      else if (depth === 0) {
        if (space.has(byte)) continue;
        if (ended) throw damaged(document, 'the end', 'something follows the array');
        if (byte !== 0x5b) throw damaged(document, 'the beginning', 'it is not a JSON array');
        depth = 1;
        start = at + 1;
      } else if (opening.has(byte)) depth += 1;
      else if (closing.has(byte) || (byte === comma && depth === 1)) {
        if (byte !== comma) depth -= 1;
        if (depth > 1 || (depth === 1 && byte !== comma)) continue;
        const element = take(chunk.subarray(start, at));
        if (element !== undefined) yield element;
        start = at + 1;
        ended = depth === 0;
      }
    }
    if (depth === 0) continue;
    parts.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > elementLimit) {
      throw new MemoryMcpError(
        'invalid_input',
        `Element ${number + 1} of ${quoteForMessage(document.name)} is longer than ${elementLimit / 2 ** 20} MiB`,
        { hint: 'Nothing was imported.' },
      );
    }
  }
  if (!ended) throw damaged(document, 'the end', 'the array does not end, so it was cut off');
}
