/**
 * The form in which hooks hand memories to an assistant: a block between two marks, one line of JSON for each memory.
 * Stored text can neither close the block nor look like a tag of the client. Also recognises such text, so that what
 * recall served is not stored again as something new.
 */
import * as z from 'zod';

const openingMark = '<memory-mcp-recall>';
const closingMark = '</memory-mcp-recall>';

const servedLine = z.object({ key: z.string(), text: z.string() });

/** `lines` between the marks, below a sentence that says what they are. */
export function markServed(label: string, lines: readonly string[]): string {
  return [openingMark, label, ...lines, closingMark].join('\n');
}

/** A value as one line of JSON that holds no tag: `<` becomes an escape that means the same. */
export function servedJson(value: unknown): string {
  // JSON leaves line and paragraph separators as they are.
  return JSON.stringify(value).replace(/[<\u2028\u2029]/g, escapeUnit);
}

/** The key of the memory that this line of a block shows; undefined for any other text. */
export function servedKey(text: string): string | undefined {
  const line = text.trim().replace(/^- /, '');
  if (!line.startsWith('{') || line.includes('\n')) return undefined;
  try {
    return servedLine.safeParse(JSON.parse(line)).data?.key;
  } catch {
    return undefined;
  }
}

/** Whether a text contains a whole block, or the beginning of one. */
export function holdsServedBlock(text: string): boolean {
  return text.includes(openingMark);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
