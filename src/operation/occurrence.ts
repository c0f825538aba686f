/** `occurred_at` as a caller gives it, in the form in which it is stored. */
import type { Timestamp } from '../core/memory.ts';
import { parseOccurrence } from '../core/time/occurrence.ts';
import type { Scope } from '../persona/scope.ts';

export function readOccurrence(text: string | undefined, { clock, settings }: Scope): Timestamp | undefined {
  return text === undefined ? undefined : parseOccurrence(text, { now: clock.now(), timeZone: settings.timezone });
}
