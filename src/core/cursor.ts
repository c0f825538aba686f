/**
 * Cursors: where the next page of a list begins. Opaque to callers and tied to the question they came from, so that a
 * cursor can never continue another list.
 */
import { createHash } from 'node:crypto';
import { MemoryMcpError } from './errors.ts';

/** `question` is whatever decides the list: filters, order, query. */
export function encodeCursor(position: number, question: unknown): string {
  return Buffer.from(`${position}.${fingerprint(question)}`).toString('base64url');
}

export function decodeCursor(cursor: string, question: unknown): number {
  const match = /^(\d{1,15})\.([0-9a-f]{12})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  if (match === null) {
    throw new MemoryMcpError('invalid_input', 'cursor: this is not a cursor of memory-mcp', {
      hint: 'Pass next_cursor of the previous reply unchanged, or leave cursor out to begin anew.',
    });
  }
  if (match[2] !== fingerprint(question)) {
    throw new MemoryMcpError('invalid_input', 'cursor: it belongs to another query or other filters', {
      hint: 'Repeat the query and filters of the reply that gave this cursor, or leave cursor out.',
    });
  }
  return Number(match[1]);
}

function fingerprint(question: unknown): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('hex').slice(0, 12);
}
