/**
 * Statistics about one persona's memories and about the use of the program.
 */

import { dayLength } from '../core/time/durations.ts';
import { wallTimeAt } from '../core/time/time-zone.ts';
import type { WallTime } from '../core/time/wall-time.ts';
import type { Scope } from '../persona/scope.ts';
import type { ModelQuality } from '../scoring/model-quality.ts';
import { measuredQuality, type RecallStatus, recallStatus } from '../search/recall-status.ts';
import type { Count, Totals } from '../store/statistics.ts';

export interface MemoryStatistics extends Totals {
  readonly tags: readonly Count[];
  readonly emotions: readonly Count[];
  /** The last seven days in the configured time zone, oldest first. */
  readonly days: readonly { readonly day: string; readonly count: number }[];
  /** The measured quality of the embedding model per language pair; absent until it has been measured. */
  readonly measured?: ModelQuality | undefined;
}

export async function readStatistics(scope: Scope, top = 10): Promise<MemoryStatistics> {
  const { store } = scope.workspace;
  const measured = measuredQuality(scope);
  const now = scope.clock.now().getTime();
  const counts = new Map<string, number>();
  // Counted on the wall clock, where every day has 24 hours.
  const today = wallTimeAt(now, scope.settings.timezone);
  for (let back = 6; back >= 0; back--) counts.set(dayOf(today - back * dayLength), 0);
  const since = new Date(now - 8 * dayLength).toISOString();
  const { createdSince, ...statistics } = await store.statistics.collect({ top, since });
  for (const at of createdSince) {
    const day = dayInZone(Date.parse(at), scope.settings.timezone);
    const count = counts.get(day);
    if (count !== undefined) counts.set(day, count + 1);
  }
  return {
    ...statistics,
    days: [...counts].map(([day, count]) => ({ day, count })),
    ...(measured !== undefined && { measured }),
  };
}

/** The calendar day of an instant in a time zone, `YYYY-MM-DD`. */
function dayInZone(instant: number, timeZone: string): string {
  return dayOf(wallTimeAt(instant, timeZone));
}

function dayOf(time: WallTime): string {
  return new Date(time).toISOString().slice(0, 10);
}

export interface StoreInformation {
  readonly persona: string;
  readonly memories: number;
  readonly timezone: string;
  readonly key_format: string;
  readonly recall: RecallStatus;
  readonly last_conversation?: string | undefined;
}

export function storeInformation(scope: Scope): StoreInformation {
  const { workspace, settings } = scope;
  return {
    persona: workspace.persona,
    memories: workspace.store.memories.count({ deleted: 'exclude' }),
    timezone: settings.timezone,
    key_format: 'memory_YYYYMMDDHHMMSS, then _01, _02 … within a second',
    recall: recallStatus(scope),
    last_conversation: workspace.activity.lastConversation(),
  };
}

export interface UsageMetrics {
  /** Calls of each operation in the last 30 days. */
  readonly operations: readonly { readonly operation: string; readonly count: number }[];
  readonly recall: RecallStatus;
}

export function usageMetrics(scope: Scope): UsageMetrics {
  const from = new Date(scope.clock.now().getTime() - 30 * dayLength).toISOString().slice(0, 10);
  return { operations: scope.workspace.store.operations.countsSince(from), recall: recallStatus(scope) };
}
