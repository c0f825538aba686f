/**
 * Memories written in one sitting are about one thing. What counts as one is asked by recall, where a memory gains from
 * those written just before and after it.
 */

import type { MemoryId, Timestamp } from '../core/memory.ts';
import { minuteLength } from '../core/time/durations.ts';

/** So many memories before and after one may be about the same. */
export const sessionReach = 2;
const longestPauseMilliseconds = 30 * minuteLength;

export interface WrittenMemory {
  readonly id: MemoryId;
  readonly created_at: Timestamp;
}

/** The ids of the memories written just before, nearest first; which of them exist is for the store to say. */
export function idsBefore(id: MemoryId): MemoryId[] {
  return Array.from({ length: sessionReach }, (_, index) => id - index - 1);
}

export function inSameSession(one: WrittenMemory, other: WrittenMemory): boolean {
  const pause = Math.abs(Date.parse(one.created_at) - Date.parse(other.created_at));
  return Math.abs(one.id - other.id) <= sessionReach && pause <= longestPauseMilliseconds;
}
