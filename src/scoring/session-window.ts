/**
 * The session window: memories written one after the other, of things within half an hour, are likely to be about one thing. In
 * ranking, a memory gains from those just before and after it.
 */

import { happenedAt, type MemoryId, type Timestamp } from '../core/memory.ts';
import { minuteLength } from '../core/time/durations.ts';
import { rankingParameters } from './ranking-parameters.ts';

export interface WrittenMemory {
  readonly id: MemoryId;
  readonly created_at: Timestamp;
  readonly occurred_at?: Timestamp | null | undefined;
}

/** The ids before `id` within the window, nearest first. They need not exist. */
export function idsBefore(id: MemoryId): MemoryId[] {
  return Array.from({ length: rankingParameters.fixed.sessionReach }, (_, index) => id - index - 1);
}

/** The ids before and after `id` within the window. They need not exist. */
export function idsAround(id: MemoryId): MemoryId[] {
  return idsBefore(id).flatMap((before) => [before, 2 * id - before]);
}

export function inSameSession(one: WrittenMemory, other: WrittenMemory): boolean {
  const { sessionReach, longestPauseMinutes } = rankingParameters.fixed;
  const pause = Math.abs(Date.parse(happenedAt(one)) - Date.parse(happenedAt(other)));
  return Math.abs(one.id - other.id) <= sessionReach && pause <= longestPauseMinutes * minuteLength;
}
