/** The error for a document of a known format in a version that this program was not written for. */
import { MemoryMcpError } from '../core/errors.ts';
import { quoteForMessage } from '../core/text/visible-text.ts';
import type { Document } from './document.ts';

export function unknownVersion(document: Pick<Document, 'name'>, found: string, known: string): MemoryMcpError {
  return new MemoryMcpError(
    'invalid_input',
    `${quoteForMessage(document.name)} is ${found}; this version of memory-mcp reads ${known}`,
    {
      hint: 'Nothing was imported. A newer memory-mcp may read it.',
    },
  );
}
