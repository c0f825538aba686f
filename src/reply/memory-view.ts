/**
 * How replies show a memory: without its internal id, with its age, with hidden characters made visible. Used by every
 * operation that returns memories.
 */

import { happenedAt, type Memory } from '../core/memory.ts';
import { type MemoryField, memoryFieldNames, memoryFields } from '../core/memory-fields.ts';
import { visibleValue } from '../core/text/visible-text.ts';
import { ageOf } from '../core/time/age.ts';
import { localDate, localTime } from '../core/time/local-time.ts';
import type { Scope } from '../persona/scope.ts';
import { fitReply, replyBudget, type Shortened } from './reply-budget.ts';

export type MemoryView = Omit<Memory, 'id' | 'content'> & {
  /** The day on which it happened, or else was stored, as the calendar of the configured zone has it. */
  readonly date: string;
  /** How long ago that was. */
  readonly age: string;
  readonly content?: string | undefined;
  /** The beginning of a content that does not fit into the reply. */
  readonly preview?: string | undefined;
  /** Length of the whole content in characters, if only a part is shown. */
  readonly content_length?: number | undefined;
};

export type SessionMemory = Pick<MemoryView, 'key' | 'created_at' | 'date' | 'age'> & Partial<MemoryView>;

/** Hidden characters are made visible here, before replies are measured, because that makes texts longer. */
export function viewOf(
  { id: _, ...memory }: Memory,
  { clock, settings }: Pick<Scope, 'clock' | 'settings'>,
): MemoryView & { content: string } {
  const { timezone: timeZone } = settings;
  const { occurred_at: occurred } = memory;
  const at = happenedAt(memory);
  return visibleValue({
    ...memory,
    ...(occurred !== undefined && { occurred_at: localTime(occurred, timeZone) }),
    date: localDate(at, timeZone),
    age: ageOf(at, { now: clock.now(), timeZone }),
  });
}

/** One memory for the reply of an operation that changed it. A long content becomes a preview. */
export function briefViewOf(memory: Memory, scope: Pick<Scope, 'clock' | 'settings'>): Shortened<MemoryView> {
  const view = viewOf(memory, scope);
  return fitReply<MemoryView>([view], replyBudget.concise)[0] ?? view;
}

/** What a session starts with of a memory: what was said and when, and only the other fields that say something. */
export function sessionViewOf(memory: Memory, scope: Pick<Scope, 'clock' | 'settings'>): SessionMemory {
  const { key, created_at, date, age, ...view } = viewOf(memory, scope);
  const told = memoryFieldNames.filter((name) => {
    const { default: initial }: MemoryField = memoryFields[name];
    return view[name] !== undefined && JSON.stringify(view[name]) !== JSON.stringify(initial);
  });
  return { key, created_at, date, age, ...Object.fromEntries(told.map((name) => [name, view[name]])) };
}
