/**
 * What hooks put before an assistant: memories as marked data, in a bounded number of bytes. Only whole lines are left out
 * or shortened.
 */
import type { Memory } from '../core/memory.ts';
import { markServed, servedJson } from '../core/served-text.ts';
import { cutText } from '../reply/reply-text.ts';

/** A harness cuts what is longer than 10,000 characters; a prompt should cost next to nothing. */
export const recallBytes = { session: 8_000, prompt: 3_000 } as const;

const shownCharacters = 600;

export type ShownMemory = Pick<Memory, 'key' | 'content'> & {
  readonly date: string;
  readonly age: string;
  readonly tags: readonly string[];
};

/** One memory as a line. Hidden characters must be visible already. */
export function memoryLine({ key, content, date, age, tags }: ShownMemory): string {
  return `- ${servedJson({
    key,
    date,
    age,
    ...(tags.length > 0 && { tags: tags.slice(0, 10) }),
    text: cutText(content, shownCharacters),
    ...(content.length > shownCharacters && { shortened: true }),
  })}`;
}

/** The lines that fit, in their order, as a block; undefined if none does. */
export function recallBlock(label: string, lines: readonly string[], bytes: number): string | undefined {
  const chosen: string[] = [];
  let used = Buffer.byteLength(markServed(label, []));
  for (const line of lines) {
    const size = Buffer.byteLength(line) + 1;
    if (used + size > bytes) continue;
    used += size;
    chosen.push(line);
  }
  return chosen.length === 0 ? undefined : markServed(label, chosen);
}
