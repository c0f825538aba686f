/** The conversations of an export that is one JSON array of them. */
import type * as z from 'zod';
import type { Document } from '../document.ts';
import { elementsOf } from '../json-array.ts';
import { damaged, parseJson } from '../lines.ts';

/** Numbered as by `elementsOf`. Throws `corrupt` for one that has another shape, and names its field. */
export async function* conversationsOf<Schema extends z.ZodType>(
  document: Document,
  conversation: Schema,
): AsyncGenerator<{ number: number; value: z.output<Schema> }> {
  for await (const { number, text } of elementsOf(document)) {
    const place = `conversation ${number}`;
    const parsed = conversation.safeParse(parseJson(document, place, text));
    if (!parsed.success) {
      const field = parsed.error.issues[0]?.path.join('.');
      throw damaged(document, place, `its ${field} is not as this version knows it`);
    }
    yield { number, value: parsed.data };
  }
}
