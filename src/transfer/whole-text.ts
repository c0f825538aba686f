/** Reads a document as a whole, for formats of small files. */
import { MemoryMcpError } from '../core/errors.ts';
import { quoteForMessage } from '../core/text/visible-text.ts';
import type { Document } from './document.ts';
import { utf8Chunks } from './utf8.ts';

const limit = 16 * 2 ** 20;

export async function readWholeText(document: Document): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of utf8Chunks(document)) {
    length += chunk.length;
    if (length > limit) {
      throw new MemoryMcpError(
        'invalid_input',
        `${quoteForMessage(document.name)} is longer than ${limit / 2 ** 20} MiB`,
        {
          hint: 'Nothing was imported. Is it another kind of file?',
        },
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
