/**
 * Cursors: where the next page of a list begins. Opaque to callers, and tied to the query they came from: a cursor never
 * continues another list.
 */
import { createHash } from 'node:crypto';
import { MemoryMcpError } from './errors.ts';

/** `scope` is everything that determines the list: query, filters, order. */
export function encodeCursor(position: number, scope: unknown): string {
  return Buffer.from(`${position}.${fingerprint(scope)}`).toString('base64url');
}

export function decodeCursor(cursor: string, scope: unknown): number {
  const match = /^(\d{1,15})\.([0-9a-f]{12})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  if (match === null) {
    throw new MemoryMcpError('invalid_input', 'cursor: this is not a cursor of memory-mcp', {
      hint: 'Pass next_cursor of the previous reply unchanged, or leave cursor out to start over.',
    });
  }
  if (match[2] !== fingerprint(scope)) {
    throw new MemoryMcpError('invalid_input', 'cursor: it belongs to another query or other filters', {
      hint: 'Repeat the query and filters of the reply that gave this cursor, or leave cursor out.',
    });
  }
  return Number(match[1]);
}

function fingerprint(scope: unknown): string {
  return createHash('sha256').update(JSON.stringify(scope)).digest('hex').slice(0, 12);
}
