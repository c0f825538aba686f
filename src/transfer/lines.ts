/** Reads a document line by line, in bounded memory. */
import { MemoryMcpError } from '../core/errors.ts';
import { quoteForMessage } from '../core/text/visible-text.ts';
import type { Document } from './document.ts';
import { utf8Chunks } from './utf8.ts';

export interface Line {
  /** Counts from 1. */
  readonly number: number;
  /** Without its line end. */
  readonly text: string;
  /** Whether a line end follows. */
  readonly ended: boolean;
}

/** Longer than any line that an export has. */
const lineLimit = 16 * 2 ** 20;
const lineFeed = 10;

/** The lines that are not empty. Throws `invalid_input` for a line that is too long. */
export async function* linesOf(document: Document): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let length = 0;
  let number = 0;
  const take = (last: Buffer, ended: boolean): Line | undefined => {
    const text = (parts.length === 0 ? last : Buffer.concat([...parts, last])).toString('utf8').replace(/\r$/, '');
    parts = [];
    length = 0;
    number += 1;
    return text.trim() === '' ? undefined : { number, text, ended };
  };
  for await (const chunk of utf8Chunks(document)) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      const line = take(chunk.subarray(start, end), true);
      if (line !== undefined) yield line;
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > lineLimit) {
      throw new MemoryMcpError(
        'invalid_input',
        `Line ${number + 1} of ${quoteForMessage(document.name)} is longer than ${lineLimit / 2 ** 20} MiB`,
        { hint: 'Nothing was imported. Is it another kind of file? --format names one.' },
      );
    }
  }
  const line = take(Buffer.alloc(0), false);
  if (line !== undefined) yield line;
}

/** The JSON value of a line. The error never quotes the line, which may hold a secret. */
export function parseJson(document: Document, place: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(document, place, 'it is not valid JSON', cause);
  }
}

export function damaged(
  document: Pick<Document, 'name'>,
  place: string,
  what: string,
  cause?: unknown,
): MemoryMcpError {
  return new MemoryMcpError('corrupt', `${quoteForMessage(document.name)} is damaged: ${place}: ${what}`, {
    hint: 'Nothing was imported. The file may be cut off, or changed by hand.',
    cause,
  });
}
