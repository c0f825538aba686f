/**
 * The passage of a long text that answers a query: the sentences around its most valuable words. Replies show it instead
 * of the beginning.
 */
import type { PreparedQuery, RatedTerm } from './bm25.ts';
import { scoreText } from './bm25.ts';

export interface Passage {
  readonly text: string;
  /** Where it begins in the whole, in UTF-16 units. */
  readonly start: number;
}

/** The maximum length of a piece: a sentence or a part of one. Several fit into a passage. */
const pieceLength = 80;
const sentence = /[^。．！？!?\n]*(?:[。．！？!?\n]+|$)/gu;

interface Piece {
  readonly start: number;
  readonly end: number;
  readonly value: number;
}

/** At most `length` characters of `text` around the words of the query, or its beginning if it holds none. */
export function passageAround(text: string, query: PreparedQuery, length: number): Passage {
  if (text.length <= length) return { text, start: 0 };
  const pieces = splitIntoPieces(text, Math.min(pieceLength, length), query);
  let best = 0;
  for (const [index, piece] of pieces.entries()) if (piece.value > (pieces[best]?.value ?? 0)) best = index;
  let first = best;
  let last = best;
  const lengthOf = (from: number, to: number): number => (pieces[to]?.end ?? 0) - (pieces[from]?.start ?? 0);
  for (let grown = true; grown; ) {
    grown = false;
    if (last + 1 < pieces.length && lengthOf(first, last + 1) <= length) {
      last += 1;
      grown = true;
    }
    if (first > 0 && lengthOf(first - 1, last) <= length) {
      first -= 1;
      grown = true;
    }
  }
  const start = pieces[first]?.start ?? 0;
  return { text: text.slice(start, pieces[last]?.end), start };
}

function splitIntoPieces(text: string, limit: number, query: PreparedQuery): Piece[] {
  const pieces: Piece[] = [];
  for (const { 0: whole, index } of text.matchAll(sentence)) {
    for (let start = 0; start < whole.length; ) {
      const end = findCut(whole, start, limit);
      const piece = whole.slice(start, end);
      pieces.push({
        start: index + start,
        end: index + end,
        value: totalTermValue(scoreText(query, piece).matched),
      });
      start = end;
    }
  }
  return pieces;
}

/** The end of a piece that starts at `start`: after a space near the limit if there is one, never inside a character. */
function findCut(text: string, start: number, limit: number): number {
  const end = start + limit;
  if (end >= text.length) return text.length;
  // Looked for in the piece alone: a text without any space would be searched to its beginning for each piece.
  const space = start + text.slice(start, end).lastIndexOf(' ') + 1;
  if (space > start + limit / 2) return space;
  const code = text.charCodeAt(end);
  return code >= 0xdc00 && code < 0xe000 && end - 1 > start ? end - 1 : end;
}

function totalTermValue(terms: readonly RatedTerm[]): number {
  return terms.reduce((sum, { value }) => sum + value, 0);
}
