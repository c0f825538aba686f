/**
 * A memory as replies show it: without its internal id, with its age. Used by every verb that answers with memories.
 */
import { ageOf } from '../core/age.ts';
import type { Memory } from '../core/memory.ts';
import type { Scope } from './scope.ts';

export type MemoryView = Omit<Memory, 'id' | 'content'> & {
  readonly age: string;
  readonly content?: string | undefined;
  /** The beginning of a content that would not fit the reply. */
  readonly preview?: string | undefined;
  /** The length of the whole content in characters, where only a part is shown. */
  readonly content_length?: number | undefined;
};

export function viewOf(
  { id: _, ...memory }: Memory,
  { clock, settings }: Pick<Scope, 'clock' | 'settings'>,
): MemoryView & { content: string } {
  return { ...memory, age: ageOf(memory.created_at, { now: clock.now(), timeZone: settings.timezone }) };
}
