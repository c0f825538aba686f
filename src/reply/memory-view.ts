/**
 * A memory as replies show it: without its internal id, with its age, every text visible. Used by every verb that
 * answers with memories.
 */

import type { Memory } from '../core/memory.ts';
import { visibleValue } from '../core/text/visible-text.ts';
import { ageOf } from '../core/time/age.ts';
import type { Scope } from '../persona/scope.ts';
import { fitReply, replyBudget, type Shortened } from './reply-budget.ts';

export type MemoryView = Omit<Memory, 'id' | 'content'> & {
  readonly age: string;
  readonly content?: string | undefined;
  /** The beginning of a content that would not fit the reply. */
  readonly preview?: string | undefined;
  /** The length of the whole content in characters, where only a part is shown. */
  readonly content_length?: number | undefined;
};

/** Visible here already, since what is hidden becomes longer when it is shown, and replies are measured. */
export function viewOf(
  { id: _, ...memory }: Memory,
  { clock, settings }: Pick<Scope, 'clock' | 'settings'>,
): MemoryView & { content: string } {
  return visibleValue({
    ...memory,
    age: ageOf(memory.created_at, { now: clock.now(), timeZone: settings.timezone }),
  });
}

/** One memory as the reply of a verb that changed it: a long content as a preview. */
export function briefViewOf(memory: Memory, scope: Pick<Scope, 'clock' | 'settings'>): Shortened<MemoryView> {
  const view = viewOf(memory, scope);
  return fitReply<MemoryView>([view], replyBudget.concise)[0] ?? view;
}
