/**
 * Keeps replies small enough for an assistant's context. Long contents become previews first; only if
 * these do not fit either are items left for the next page. Items must be visible text already, since they are measured.
 */
import { cutText, headWithin, jsonBytes } from './reply-text.ts';

/** Bytes of the reply's JSON in UTF-8. */
export const replyBudget = { concise: 10_000, full: 40_000 } as const;

/** Bytes for everything around the items: braces, mode, degraded_reason, cursor. */
const envelope = 600;
/** Minimum size of a preview: 120 characters in Japanese. */
const shortestPreview = 360;
/** `"preview":`, `"content_length":123456` and commas. */
const labels = 50;
/** A "…" on either side. */
const marks = 6;
/** Maximum size of an item without its content, above which its other texts are cut too. */
const longestRest = 1_500;
const cutRest = { text: 30, entries: 5 };

export interface Budgeted {
  readonly content?: string | undefined;
}

export type Shortened<Item> = Item | (Omit<Item, 'content'> & { preview: string; content_length: number });

/**
 * The longest head of `items` that fits into `budget` bytes, but at least one item. Contents that are too long are
 * replaced by `preview(item, length)`, which returns at most `length` characters.
 */
export function fitReply<Item extends Budgeted>(
  items: readonly Item[],
  budget: number,
  preview: (item: Item, length: number) => string = ({ content = '' }, length) => cutText(content, length),
): Shortened<Item>[] {
  const room = budget - envelope;
  const measured = items.map(withCutRest).map((item) => {
    const content = item.content === undefined ? 0 : jsonBytes(item.content);
    return { item, content, rest: jsonBytes({ ...item, content: undefined }) + labels };
  });
  const head = measured.slice(0, Math.max(1, countFitting(measured, room)));
  const share = shareOf(
    head.map(({ content }) => content),
    room - head.reduce((sum, { rest }) => sum + rest, 0),
  );
  return head.map(({ item, content }) => {
    if (content <= share) return item;
    const { content: whole = '', ...rest } = item;
    return { ...rest, preview: previewWithin(item, share, preview), content_length: whole.length };
  });
}

/** The bytes that each content may take. Short contents leave their remainder to the others. */
export function shareOf(contents: readonly number[], room: number): number {
  let remaining = Math.max(0, room);
  let share = 0;
  for (const [index, content] of contents.toSorted((one, other) => one - other).entries()) {
    share = Math.floor(remaining / (contents.length - index));
    if (content > share) return share;
    remaining -= content;
  }
  return Math.max(share, ...contents);
}

function countFitting(measured: readonly { content: number; rest: number }[], room: number): number {
  let used = 0;
  const first = measured.findIndex(({ content, rest }) => {
    used += rest + Math.min(content, shortestPreview);
    return used > room;
  });
  return first === -1 ? measured.length : first;
}

function previewWithin<Item extends Budgeted>(
  item: Item,
  bytes: number,
  preview: (item: Item, length: number) => string,
): string {
  const { content = '' } = item;
  const room = Math.max(bytes, shortestPreview);
  // Characters differ in size, so a preview may still be too long and is cut.
  const text = preview(item, Math.floor((content.length * (room - marks)) / jsonBytes(content)));
  return jsonBytes(text) <= room ? text : `${headWithin(text, room - marks)}…`;
}

/** Cuts the other texts of an item that would fill a reply on its own. memory_read shows them in full. */
function withCutRest<Item extends Budgeted>(item: Item): Item {
  const { content, ...rest } = item;
  if (jsonBytes(rest) <= longestRest) return item;
  const cut = Object.entries(rest).map(([name, value]) => [name, cutValue(value)] as const);
  // Texts stay texts and lists stay lists, so the result is still an item.
  return { ...(Object.fromEntries(cut) as Omit<Item, 'content'>), ...(content !== undefined && { content }) } as Item;
}

function cutValue(value: unknown): unknown {
  if (typeof value === 'string') return cutText(value, cutRest.text);
  if (!Array.isArray(value)) return value;
  const shown = value.slice(0, cutRest.entries).map(cutValue);
  return value.length > shown.length ? [...shown, `… ${value.length - shown.length} more`] : shown;
}
