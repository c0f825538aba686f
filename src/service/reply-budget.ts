/**
 * Keeps replies small enough for an assistant's context. Long contents become previews first; only when even those do
 * not fit are items left for the next page.
 */

/** Bytes of the reply's JSON in UTF-8. */
export const replyBudget = { concise: 10_000, full: 40_000 } as const;

/** What a reply needs around its items: the braces, the mode, a cursor. */
const envelope = 600;
const shortestPreview = 120;

export interface Budgeted {
  readonly content?: string | undefined;
}

export type Shortened<Item> = Item | (Omit<Item, 'content'> & { preview: string; content_length: number });

/**
 * The longest head of `items` that fits into `budget` bytes, at least one item, with the contents that are too long
 * replaced by what `preview(item, length)` makes of them.
 */
export function fitReply<Item extends Budgeted>(
  items: readonly Item[],
  budget: number,
  preview: (item: Item, length: number) => string = headOf,
): Shortened<Item>[] {
  const room = budget - envelope;
  if (totalBytes(items) <= room) return [...items];
  for (let count = items.length; count > 0; count--) {
    const head = items.slice(0, count);
    let length = longestContent(head, room);
    // Bytes per character differ from text to text, so the first guess may need a few steps down.
    for (; length >= shortestPreview; length = Math.floor(length * 0.8)) {
      const shortened = head.map((item) => shorten(item, length, preview));
      if (totalBytes(shortened) <= room) return shortened;
    }
  }
  return items.slice(0, 1).map((item) => shorten(item, shortestPreview, preview));
}

function shorten<Item extends Budgeted>(
  item: Item,
  length: number,
  preview: (item: Item, length: number) => string,
): Shortened<Item> {
  if (item.content === undefined || item.content.length <= length) return item;
  const { content, ...rest } = item;
  return { ...rest, preview: preview(item, length), content_length: content.length };
}

/** How long contents may be if each gets an equal share of the room and short ones leave theirs to the others. */
function longestContent(items: readonly Budgeted[], room: number): number {
  const lengths = items.map(({ content }) => content?.length ?? 0);
  const overhead = totalBytes(items.map(({ content: _, ...rest }) => rest));
  let remaining = Math.max(0, room - overhead);
  let share = 0;
  const ascending = lengths.toSorted((a, b) => a - b);
  for (const [index, length] of ascending.entries()) {
    share = Math.floor(remaining / (ascending.length - index));
    if (length > share) break;
    remaining -= length;
  }
  return share;
}

/** The beginning of a text, not cut inside a character. */
function headOf({ content = '' }: Budgeted, length: number): string {
  const cut = content.slice(0, length);
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

function totalBytes(items: readonly unknown[]): number {
  return items.reduce((sum: number, item) => sum + Buffer.byteLength(JSON.stringify(item)) + 1, 0);
}
