import { describe, expect, it } from 'vitest';
import { readStatistics } from '../../../src/service/memory-stats.ts';
import { searchable } from '../../support/searchable.ts';

describe('the days of memory_stats', () => {
  it.each([
    ['an hour is repeated', '2026-11-04T04:30:00.000Z', '2026-10-28'],
    ['an hour is skipped', '2026-03-12T03:30:00.000Z', '2026-03-05'],
  ])('are the last seven of the calendar in a week in which %s', async (_which, at, first) => {
    const { scope } = await searchable();
    const clock = { ...scope.clock, now: () => new Date(at) };
    const settings = { ...scope.settings, timezone: 'America/New_York' };
    const { days: counted } = await readStatistics({ ...scope, clock, settings });
    const days = counted.map(({ day }) => day);
    expect(days).toHaveLength(7);
    expect(new Set(days).size).toBe(7);
    expect(days[0]).toBe(first);
    const gaps = days.slice(1).map((day, index) => Date.parse(day) - Date.parse(days[index] ?? ''));
    expect(new Set(gaps)).toEqual(new Set([86_400_000]));
  });
});
